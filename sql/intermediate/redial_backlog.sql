/*
description: >-
  One row per contact and agent whose latest call needs a redial: the stored part of marts.redial_backlog, all of it
  but what depends on the hour at which it is read.
grain: [contact_number, agent_name]
incremental_by: [contact_number]
columns:
  contact_number: {type: VARCHAR, description: "The other party's number.", privacy: personal}
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL is a group of its own.}
  attempts: {type: BIGINT, description: "Calls in the unbroken run that needs a redial, up to the latest call.", unit: calls}
  unanswered_attempts: {type: BIGINT, description: "Calls of that run after its last answered one.", unit: calls}
  since: {type: TIMESTAMPTZ, description: "Time of the first call of that run."}
  reason: {type: VARCHAR, description: "requested if a call of the run says REDIAL, else unanswered."}
  last_task_id: {type: VARCHAR, description: Task of the latest call., privacy: pseudonym}
  last_call_date: {type: DATE, description: Day of the latest call.}
  last_outcome: {type: VARCHAR, description: What became of the latest call.}
  next_action_reason: {type: VARCHAR, description: Why the latest call concluded its next action., privacy: personal}
  due_at: {type: TIMESTAMPTZ, description: Time of the latest call plus the shortest gap between two attempts.}
  is_exhausted: {type: BOOLEAN, description: Whether unanswered_attempts has reached the most that are allowed.}
  stale_at: {type: TIMESTAMPTZ, description: "since plus the longest age of a redial; NULL where no such age is set."}
  last_called_at: {type: TIMESTAMPTZ, description: Time of the latest call.}
  last_from_number: {type: VARCHAR, description: "The number that the latest call of the run with a readable calling number came from, in E.164; inbound calls do not count. NULL if there is none.", privacy: personal}
*/
WITH waiting AS (
    SELECT
        agent_name,
        contact_number,
        max(place) AS last_place,
        coalesce(max(place) FILTER (WHERE NOT needs_redial), 0) AS last_break,
        coalesce(max(place) FILTER (WHERE is_answered), 0) AS last_answered
    FROM staging.contact_calls
    WHERE calls > 1
    GROUP BY agent_name, contact_number
    HAVING last_place > last_break
),
runs AS (
    SELECT
        calls.contact_number,
        calls.agent_name,
        count(*) AS attempts,
        count(*) FILTER (WHERE calls.place > waiting.last_answered) AS unanswered_attempts,
        min(calls.called_at) AS since,
        bool_or(calls.says_redial) AS is_requested,
        max(calls.task_id) FILTER (WHERE calls.place = waiting.last_place) AS last_task_id,
        max(calls.call_date) FILTER (WHERE calls.place = waiting.last_place) AS last_call_date,
        max(calls.outcome) FILTER (WHERE calls.place = waiting.last_place) AS last_outcome,
        max(calls.next_action_reason) FILTER (WHERE calls.place = waiting.last_place) AS next_action_reason,
        max(calls.called_at) AS last_called_at,
        arg_max(calls.from_number_e164, calls.place) FILTER (WHERE NOT calls.is_inbound) AS last_from_number
    FROM staging.contact_calls AS calls
    INNER JOIN waiting
        ON
            waiting.contact_number = calls.contact_number
            AND waiting.agent_name IS NOT DISTINCT FROM calls.agent_name
            AND waiting.last_break < calls.place
    GROUP BY calls.contact_number, calls.agent_name
    UNION ALL
    -- The only call of a contact, as most are, is a run of one.
    SELECT
        contact_number,
        agent_name,
        1,
        (NOT is_answered)::INTEGER,
        called_at,
        says_redial,
        task_id,
        call_date,
        outcome,
        next_action_reason,
        called_at,
        CASE WHEN NOT is_inbound THEN from_number_e164 END
    FROM staging.contact_calls
    WHERE calls = 1 AND needs_redial
)
SELECT
    runs.contact_number,
    runs.agent_name,
    runs.attempts,
    runs.unanswered_attempts,
    runs.since,
    CASE WHEN runs.is_requested THEN 'requested' ELSE 'unanswered' END AS reason,
    runs.last_task_id,
    runs.last_call_date,
    runs.last_outcome,
    runs.next_action_reason,
    runs.last_called_at + to_microseconds(round(settings.redial_min_gap_minutes * 60000000)::BIGINT) AS due_at,
    runs.unanswered_attempts >= settings.redial_max_attempts AS is_exhausted,
    runs.since + to_microseconds(round(settings.redial_max_age_days * 86400000000)::BIGINT) AS stale_at,
    runs.last_called_at,
    runs.last_from_number
FROM runs
CROSS JOIN pipeline.settings AS settings
