/*
description: >-
  One row per call of any kind, with what the marts have to know about it decided once: when it took place, whether it
  counts as dialled or as a call with a contact, what its words mean, and whether it needs a redial. Words are looked up
  in the mappings (statuses.csv, interests.csv, actions.csv; the user's own before the shipped ones) with ASCII case and
  outer ASCII white space ignored.
grain: [task_id, call_index]
materialized: view
columns:
  task_id: {type: VARCHAR, description: The Dialflo task id., privacy: pseudonym}
  call_index: {type: INTEGER, description: "Place of the call in the task's answer, from 0."}
  call_date: {type: DATE, description: "The task's day in the configured time zone."}
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL where the call names none.}
  contact_number: {type: VARCHAR, description: The other party's number; NULL if there is none., privacy: personal}
  from_number_e164: {type: VARCHAR, description: "Calling number in E.164, NULL if it cannot be read as one.", privacy: personal}
  occurred_at: {type: TIMESTAMPTZ, description: "When the call took place, NULL where nothing says so."}
  called_at: {type: TIMESTAMPTZ, description: "When the call took place; where nothing says so, the start of call_date."}
  outcome: {type: VARCHAR, description: "What became of the call: by the mapping of statuses, else outcome of main.calls."}
  is_answered: {type: BOOLEAN, description: Whether outcome is answered.}
  is_inbound: {type: BOOLEAN, description: "Whether call_direction is inbound, in any ASCII case."}
  is_dialled: {type: BOOLEAN, description: "Whether the call is not inbound and was neither cancelled nor is in progress."}
  is_contact_call: {type: BOOLEAN, description: Whether the call was dialled or is an answered inbound one.}
  duration_seconds: {type: DOUBLE, description: Length of the call., unit: seconds}
  interest_status: {type: VARCHAR, description: "Interest as sent; (none) where missing or blank."}
  interested: {type: VARCHAR, description: "What interest_status means: yes, no or unknown; NULL where it is missing or blank, unknown where no mapping knows it."}
  interest_confidence: {type: DOUBLE, description: "Confidence in interest_status, from 0 to 1.", unit: share}
  next_action: {type: VARCHAR, description: "Next action as sent; (none) where missing or blank."}
  action_meaning: {type: VARCHAR, description: "What next_action means: redial, stop, convert or other; NULL where it is missing or blank, unknown where no mapping knows it."}
  says_redial: {type: BOOLEAN, description: "Whether action_meaning is redial."}
  needs_redial: {type: BOOLEAN, description: "Whether action_meaning is redial, or there is no next action and outcome is no_answer, busy, machine or failed."}
  next_action_reason: {type: VARCHAR, description: Why the next action was concluded., privacy: personal}
  call_status: {type: VARCHAR, description: Status as sent.}
  outcome_reason: {type: VARCHAR, description: "Why the call came out as it did, as sent."}
  hangup_cause: {type: VARCHAR, description: "Cause of the hang-up, as sent."}
  hangup_source: {type: VARCHAR, description: "Who hung up, as sent."}
  stop_word: {type: VARCHAR, description: "The first of next_action, interest_status and call_status, as sent, that is mapped to stop; NULL if none is."}
  unmapped_status: {type: VARCHAR, description: "call_status where neither the mapping nor outcome of main.calls knows it; NULL if one does or it is blank."}
  unmapped_interest: {type: VARCHAR, description: "interest_status where the mapping does not know it; NULL if it does or it is blank."}
  unmapped_action: {type: VARCHAR, description: "next_action where the mapping does not know it; NULL if it does or it is blank."}
*/
WITH read_calls AS (
    SELECT
        calls.*,
        coalesce(statuses.meaning, calls.outcome) AS read_outcome,
        staging.is_inbound(calls.call_direction) AS is_inbound,
        coalesce(calls.occurred_at, day_starts.starts_at) AS called_at,
        statuses.meaning AS status_meaning,
        interests.meaning AS interest_meaning,
        actions.meaning AS action_meaning,
        CASE
            WHEN actions.is_stop THEN calls.next_action
            WHEN interests.is_stop THEN calls.interest_status
            WHEN statuses.is_stop THEN calls.call_status
        END AS stop_word
    FROM main.calls AS calls
    LEFT JOIN pipeline.day_starts AS day_starts ON day_starts.call_date = calls.call_date
    LEFT JOIN pipeline.meanings AS statuses ON statuses.kind = 'status' AND statuses.value = calls.call_status
    LEFT JOIN pipeline.meanings AS interests ON interests.kind = 'interest' AND interests.value = calls.interest_status
    LEFT JOIN pipeline.meanings AS actions ON actions.kind = 'action' AND actions.value = calls.next_action
)
SELECT
    task_id,
    call_index,
    call_date,
    agent_name,
    contact_number,
    from_number_e164,
    occurred_at,
    called_at,
    read_outcome AS outcome,
    read_outcome = 'answered' AS is_answered,
    is_inbound,
    NOT is_inbound AND read_outcome NOT IN ('in_progress', 'cancelled') AS is_dialled,
    CASE
        WHEN is_inbound THEN read_outcome = 'answered' ELSE read_outcome NOT IN ('in_progress', 'cancelled')
    END AS is_contact_call,
    call_duration_seconds AS duration_seconds,
    staging.or_none(interest_status) AS interest_status,
    CASE WHEN NOT staging.is_blank(interest_status) THEN coalesce(interest_meaning, 'unknown') END AS interested,
    interest_confidence,
    staging.or_none(next_action) AS next_action,
    CASE WHEN NOT staging.is_blank(next_action) THEN coalesce(action_meaning, 'unknown') END AS action_meaning,
    coalesce(action_meaning = 'redial', false) AS says_redial,
    coalesce(action_meaning = 'redial', false)
    OR (staging.is_blank(next_action) AND read_outcome IN ('no_answer', 'busy', 'machine', 'failed')) AS needs_redial,
    next_action_reason,
    call_status,
    outcome_reason,
    hangup_cause,
    hangup_source,
    stop_word,
    CASE
        WHEN status_meaning IS NULL AND read_outcome = 'unknown' AND NOT staging.is_blank(call_status) THEN call_status
    END AS unmapped_status,
    CASE WHEN interest_meaning IS NULL AND NOT staging.is_blank(interest_status) THEN interest_status END
        AS unmapped_interest,
    CASE WHEN action_meaning IS NULL AND NOT staging.is_blank(next_action) THEN next_action END AS unmapped_action
FROM read_calls
