/*
question: How many of the calls that were dialled did a person or machine pick up, and how long did those last?
description: >-
  One row per day and agent with at least one dialled call: not inbound, neither cancelled nor in progress.
means_not: >-
  That so many people were reached (one person may be called often), nor that a person rather than a machine answered.
grain: [call_date, agent_name]
incremental_by: [call_date]
columns:
  call_date: {type: DATE, description: "The tasks' day in the configured time zone."}
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL is a group of its own.}
  calls: {type: BIGINT, description: Dialled calls., unit: calls}
  answered_calls: {type: BIGINT, description: Those of them that were answered., unit: calls}
  answer_rate: {type: DOUBLE, description: answered_calls / calls., unit: share}
  answer_rate_low: {type: DOUBLE, description: Lower 95% Wilson bound of answer_rate., unit: share}
  answer_rate_high: {type: DOUBLE, description: Upper 95% Wilson bound of answer_rate., unit: share}
  avg_answered_seconds: {type: DOUBLE, description: Mean length of the answered calls whose length is known., unit: seconds}
  median_answered_seconds: {type: DOUBLE, description: Median of the same lengths., unit: seconds}
*/
WITH counted AS (
    SELECT
        call_date,
        agent_name,
        count(*) AS calls,
        count(*) FILTER (WHERE is_answered) AS answered_calls,
        staging.mean(CASE WHEN is_answered THEN duration_seconds END) AS avg_answered_seconds,
        median(CASE WHEN is_answered THEN duration_seconds END) AS median_answered_seconds
    FROM staging.call_facts
    WHERE is_dialled
    GROUP BY call_date, agent_name
)
SELECT
    call_date,
    agent_name,
    calls,
    answered_calls,
    answered_calls / calls AS answer_rate,
    staging.wilson_low(answered_calls, calls) AS answer_rate_low,
    staging.wilson_high(answered_calls, calls) AS answer_rate_high,
    avg_answered_seconds,
    median_answered_seconds
FROM counted
ORDER BY call_date, agent_name
