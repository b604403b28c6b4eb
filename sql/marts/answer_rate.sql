/*
question: How many of the calls that were dialled did a person or machine pick up, and how long did those last?
description: >-
  One row per day and agent with at least one dialled call.
means_not: >-
  The number of people reached (one person may be called often), nor that a person rather than a machine answered.
grain: [call_date, agent_name]
whole_because: >-
  It only makes rates of the counts by day of staging.agent_day_counts, which are incremental.
columns:
  call_date: {type: DATE, description: "The tasks' day in the configured time zone."}
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL is a group of its own.}
  calls: {type: BIGINT, description: Dialled calls., unit: calls, sum: true}
  answered_calls: {type: BIGINT, description: Dialled calls whose outcome is answered., unit: calls, sum: true}
  answer_rate: {type: DOUBLE, ratio: [answered_calls, calls], unit: share}
  answer_rate_low: {type: DOUBLE, unit: share}
  answer_rate_high: {type: DOUBLE, unit: share}
  avg_answered_seconds: {type: DOUBLE, description: "Mean of call_duration_seconds over the answered dialled calls that have one; NULL if none has.", unit: seconds}
  median_answered_seconds: {type: DOUBLE, description: "Median of the same lengths (of an even number, the mean of the middle two).", unit: seconds}
*/
SELECT
    call_date,
    agent_name,
    calls,
    answered_calls,
    staging.rate(answered_calls, calls) AS answer_rate,
    staging.wilson_low(answered_calls, calls) AS answer_rate_low,
    staging.wilson_high(answered_calls, calls) AS answer_rate_high,
    avg_talk_seconds AS avg_answered_seconds,
    median_talk_seconds AS median_answered_seconds
FROM staging.agent_day_counts
WHERE calls > 0
ORDER BY call_date, agent_name
