/*
description: >-
  One row per contact call with a number that asks for a redial, or that was answered and states a confidence, and when
  next something happened with the same contact and agent. Later calls are those behind it in the order of time, then
  task_id, then call_index.
grain: [task_id, call_index]
incremental_by: [agent_name, contact_number]
columns:
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL is a group of its own.}
  contact_number: {type: VARCHAR, description: "The other party's number.", privacy: personal}
  task_id: {type: VARCHAR, description: The Dialflo task id., privacy: pseudonym}
  call_index: {type: INTEGER, description: "Place of the call in the task's answer, from 0."}
  call_date: {type: DATE, description: "The task's day in the configured time zone."}
  called_at: {type: TIMESTAMPTZ, description: When the call took place.}
  says_redial: {type: BOOLEAN, description: Whether its next action is mapped to redial.}
  interested: {type: VARCHAR, description: "What its interest means, where it was answered and states a confidence."}
  interest_confidence: {type: DOUBLE, description: "The confidence it states, where it was answered.", unit: share}
  dialled_at: {type: TIMESTAMPTZ, description: Time of the first later dialled call.}
  reached_at: {type: TIMESTAMPTZ, description: Time of the first later dialled call that was answered.}
  won_at: {type: TIMESTAMPTZ, description: "Time of the first later dialled call that was answered and whose interest means yes."}
  spoken_at: {type: TIMESTAMPTZ, description: "Time of the first later contact call that was answered, inbound ones too."}
  happened_at: {type: TIMESTAMPTZ, description: "Time of the first later contact call that was answered and whose interest means yes or next action convert."}
*/
WITH followed AS (
    SELECT
        *,
        min(called_at) FILTER (WHERE is_dialled) OVER later AS dialled_at,
        min(called_at) FILTER (WHERE is_dialled AND is_answered) OVER later AS reached_at,
        min(called_at) FILTER (WHERE is_dialled AND is_answered AND interested = 'yes') OVER later AS won_at,
        min(called_at) FILTER (WHERE is_answered) OVER later AS spoken_at,
        min(called_at) FILTER (
            WHERE is_answered AND (interested = 'yes' OR action_meaning = 'convert')
        ) OVER later AS happened_at
    FROM (
        SELECT
            agent_name,
            contact_number,
            task_id,
            call_index,
            call_date,
            called_at,
            is_dialled,
            is_answered,
            says_redial,
            interested,
            CASE WHEN is_answered THEN interest_confidence END AS interest_confidence,
            action_meaning
        FROM staging.call_facts
        WHERE is_contact_call AND contact_number IS NOT NULL
    )
    WINDOW later AS (
        PARTITION BY agent_name, contact_number ORDER BY called_at, task_id, call_index
        ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
    )
)
SELECT
    agent_name,
    contact_number,
    task_id,
    call_index,
    call_date,
    called_at,
    says_redial,
    CASE WHEN interest_confidence IS NOT NULL THEN interested END AS interested,
    interest_confidence,
    dialled_at,
    reached_at,
    won_at,
    spoken_at,
    happened_at
FROM followed
WHERE says_redial OR interest_confidence IS NOT NULL
