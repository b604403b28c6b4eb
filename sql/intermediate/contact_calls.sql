/*
description: >-
  One row per call that shows the state of a contact (dialled, or inbound and answered), with its place in time among
  the calls of that contact. Calls without a number are left out.
grain: [task_id, call_index]
materialized: view
is_shared: true
columns:
  contact_number: {type: VARCHAR, description: "The other party's number.", privacy: personal}
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL where the call names none.}
  task_id: {type: VARCHAR, description: The Dialflo task id., privacy: pseudonym}
  call_index: {type: INTEGER, description: "Place of the call in the task's answer, from 0."}
  call_date: {type: DATE, description: "The tasks' day in the configured time zone."}
  called_at: {type: TIMESTAMPTZ, description: "When the call took place; where nothing says so, the start of call_date."}
  place: {type: BIGINT, description: "Place in time among the calls of this contact, of whichever agent, from 1; ties by task_id, then call_index."}
  calls: {type: BIGINT, description: "All calls of this contact, of whichever agent; place of the latest.", unit: calls}
  outcome: {type: VARCHAR, description: What became of the call.}
  is_answered: {type: BOOLEAN, description: Whether outcome is answered.}
  is_inbound: {type: BOOLEAN, description: "Whether call_direction is inbound, in any ASCII case."}
  is_dialled: {type: BOOLEAN, description: Whether the call was dialled; else it is an answered inbound one.}
  interest_status: {type: VARCHAR, description: "Interest as sent; (none) where missing or blank."}
  interested: {type: VARCHAR, description: "What interest_status means: yes, no or unknown; NULL where it is missing or blank."}
  interest_confidence: {type: DOUBLE, description: "Confidence in interest_status, from 0 to 1.", unit: share}
  next_action: {type: VARCHAR, description: "Next action as sent; (none) where missing or blank."}
  action_meaning: {type: VARCHAR, description: "What next_action means; NULL where it is missing or blank."}
  says_redial: {type: BOOLEAN, description: Whether action_meaning is redial.}
  needs_redial: {type: BOOLEAN, description: Whether the contact would be waiting for a redial after this call.}
  next_action_reason: {type: VARCHAR, description: Why the next action was concluded., privacy: personal}
  from_number_e164: {type: VARCHAR, description: "Calling number in E.164, NULL if it cannot be read as one.", privacy: personal}
  stop_word: {type: VARCHAR, description: "The first of next_action, interest_status and call_status, as sent, that is mapped to stop; NULL if none is."}
*/
SELECT
    contact_number,
    agent_name,
    task_id,
    call_index,
    call_date,
    called_at,
    row_number() OVER (PARTITION BY contact_number ORDER BY called_at, task_id, call_index) AS place,
    count(*) OVER (PARTITION BY contact_number) AS calls,
    outcome,
    is_answered,
    is_inbound,
    is_dialled,
    interest_status,
    interested,
    interest_confidence,
    next_action,
    action_meaning,
    says_redial,
    needs_redial,
    next_action_reason,
    from_number_e164,
    stop_word
FROM staging.call_facts
WHERE is_contact_call AND contact_number IS NOT NULL
