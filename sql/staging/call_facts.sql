/*
description: >-
  One row per call of any kind, with what the marts have to know about it decided once: when it took place, whether it
  counts as dialled or as a call with a contact, and whether it needs a redial.
grain: [task_id, call_index]
materialized: view
columns:
  task_id: {type: VARCHAR, description: The Dialflo task id., privacy: pseudonym}
  call_index: {type: INTEGER, description: "Place of the call in the task's answer, from 0."}
  call_date: {type: DATE, description: "The task's day in the configured time zone."}
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL where the call names none.}
  contact_number: {type: VARCHAR, description: The other party's number; NULL if there is none., privacy: personal}
  called_at: {type: TIMESTAMPTZ, description: "When the call took place; where nothing says so, the start of call_date."}
  outcome: {type: VARCHAR, description: What became of the call.}
  is_answered: {type: BOOLEAN, description: Whether outcome is answered.}
  is_dialled: {type: BOOLEAN, description: "Whether the call is not inbound and was neither cancelled nor is in progress."}
  is_contact_call: {type: BOOLEAN, description: Whether the call was dialled or is an answered inbound one.}
  duration_seconds: {type: DOUBLE, description: Length of the call., unit: seconds}
  interest_status: {type: VARCHAR, description: "Interest as sent; (none) where missing or blank."}
  interest_confidence: {type: DOUBLE, description: "Confidence in interest_status, from 0 to 1.", unit: share}
  says_redial: {type: BOOLEAN, description: Whether the next action is REDIAL.}
  needs_redial: {type: BOOLEAN, description: "Whether the next action is REDIAL, or there is none and nobody answered."}
  next_action_reason: {type: VARCHAR, description: Why the next action was concluded., privacy: personal}
*/
SELECT
    calls.task_id,
    calls.call_index,
    calls.call_date,
    calls.agent_name,
    calls.contact_number,
    coalesce(calls.occurred_at, day_starts.starts_at) AS called_at,
    calls.outcome,
    calls.is_answered,
    NOT staging.is_inbound(calls.call_direction) AND calls.outcome NOT IN ('in_progress', 'cancelled') AS is_dialled,
    CASE
        WHEN staging.is_inbound(calls.call_direction) THEN calls.is_answered
        ELSE calls.outcome NOT IN ('in_progress', 'cancelled')
    END AS is_contact_call,
    calls.call_duration_seconds AS duration_seconds,
    CASE WHEN staging.is_blank(calls.interest_status) THEN '(none)' ELSE calls.interest_status END AS interest_status,
    calls.interest_confidence,
    staging.says_redial(calls.next_action) AS says_redial,
    staging.says_redial(calls.next_action)
        OR (staging.is_blank(calls.next_action) AND calls.outcome IN ('no_answer', 'busy')) AS needs_redial,
    calls.next_action_reason
FROM main.calls AS calls
LEFT JOIN pipeline.day_starts AS day_starts ON day_starts.call_date = calls.call_date
