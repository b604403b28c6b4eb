/*
description: >-
  One row per contact and agent whose latest call needs a redial: the stored part of marts.redial_backlog, all of it
  but what depends on the hour at which it is read.
grain: [contact_number, agent_name]
incremental_by: [agent_name, contact_number]
columns:
  contact_number: {type: VARCHAR, description: "The other party's number.", privacy: personal}
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL is a group of its own.}
  attempts: {type: BIGINT, description: "Calls in the unbroken run that needs a redial, up to the latest call.", unit: calls}
  since: {type: TIMESTAMPTZ, description: "Time of the first call of that run."}
  reason: {type: VARCHAR, description: "requested if a call of the run says REDIAL, else unanswered."}
  last_task_id: {type: VARCHAR, description: Task of the latest call., privacy: pseudonym}
  last_call_date: {type: DATE, description: Day of the latest call.}
  last_outcome: {type: VARCHAR, description: What became of the latest call.}
  next_action_reason: {type: VARCHAR, description: Why the latest call concluded its next action., privacy: personal}
  due_at: {type: TIMESTAMPTZ, description: Time of the latest call plus the shortest gap between two attempts.}
  is_exhausted: {type: BOOLEAN, description: Whether attempts has reached the most that are allowed.}
  stale_at: {type: TIMESTAMPTZ, description: "since plus the longest age of a redial; NULL where no such age is set."}
  last_called_at: {type: TIMESTAMPTZ, description: Time of the latest call.}
  last_from_number: {type: VARCHAR, description: "The number that the latest call of the run with a readable calling number came from, in E.164; inbound calls do not count. NULL if there is none.", privacy: personal}
*/
WITH newest_first AS (
    SELECT
        *,
        place = max(place) OVER (PARTITION BY agent_name, contact_number) AS is_latest,
        count(*) FILTER (WHERE NOT needs_redial) OVER (
            PARTITION BY agent_name, contact_number ORDER BY place DESC
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS breaks
    FROM staging.contact_calls
),
runs AS (
    SELECT
        contact_number,
        agent_name,
        count(*) AS attempts,
        min(called_at) AS since,
        CASE WHEN bool_or(says_redial) THEN 'requested' ELSE 'unanswered' END AS reason,
        max(task_id) FILTER (WHERE is_latest) AS last_task_id,
        max(call_date) FILTER (WHERE is_latest) AS last_call_date,
        max(outcome) FILTER (WHERE is_latest) AS last_outcome,
        max(next_action_reason) FILTER (WHERE is_latest) AS next_action_reason,
        max(called_at) AS last_called_at,
        arg_max(from_number_e164, place) FILTER (WHERE NOT is_inbound) AS last_from_number
    FROM newest_first
    WHERE breaks = 0
    GROUP BY contact_number, agent_name
)
SELECT
    runs.* EXCLUDE (last_called_at, last_from_number),
    last_called_at + to_microseconds(round(settings.redial_min_gap_minutes * 60000000)::BIGINT) AS due_at,
    attempts >= settings.redial_max_attempts AS is_exhausted,
    since + to_microseconds(round(settings.redial_max_age_days * 86400000000)::BIGINT) AS stale_at,
    last_called_at,
    last_from_number
FROM runs
CROSS JOIN pipeline.settings AS settings
ORDER BY contact_number, agent_name
