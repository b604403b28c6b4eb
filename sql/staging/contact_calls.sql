/*
description: >-
  One row per call that tells where a contact of an agent stands (dialled, or inbound and answered), with its place
  in time among the calls of that contact and agent. Calls without a number are left out.
grain: [task_id, call_index]
materialized: view
columns:
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL is a group of its own.}
  contact_number: {type: VARCHAR, description: "The other party's number.", privacy: personal}
  task_id: {type: VARCHAR, description: The Dialflo task id., privacy: pseudonym}
  call_index: {type: INTEGER, description: "Place of the call in the task's answer, from 0."}
  call_date: {type: DATE, description: "The task's day in the configured time zone."}
  called_at: {type: TIMESTAMPTZ, description: When the call took place.}
  place: {type: BIGINT, description: "Place in time among the calls of this contact and agent, from 1; ties by task_id, then call_index."}
  outcome: {type: VARCHAR, description: What became of the call.}
  says_redial: {type: BOOLEAN, description: Whether the next action is REDIAL.}
  needs_redial: {type: BOOLEAN, description: Whether the contact would be waiting for a redial after this call.}
  next_action_reason: {type: VARCHAR, description: Why the next action was concluded., privacy: personal}
  is_inbound: {type: BOOLEAN, description: "Whether call_direction is inbound, in any ASCII case."}
  from_number_e164: {type: VARCHAR, description: "Calling number in E.164, NULL if it cannot be read as one.", privacy: personal}
*/
SELECT
    agent_name,
    contact_number,
    task_id,
    call_index,
    call_date,
    called_at,
    row_number() OVER (
        PARTITION BY agent_name, contact_number ORDER BY called_at, task_id, call_index
    ) AS place,
    outcome,
    says_redial,
    needs_redial,
    next_action_reason,
    is_inbound,
    from_number_e164
FROM staging.call_facts
WHERE is_contact_call AND contact_number IS NOT NULL
