/*
question: What interest did the answered calls show?
description: >-
  One row per day, agent and interest status that an answered call has, of either direction. The status is as sent; (none)
  where missing or blank.
means_not: >-
  The number of interested people, nor that the status is certain: see avg_confidence. Over several rows divide by the
  number of all answered calls, not by the sum of answered_calls, which lacks the days and agents without this status.
grain: [call_date, agent_name, interest_status]
incremental_by: [call_date]
columns:
  call_date: {type: DATE, description: "The tasks' day in the configured time zone."}
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL is a group of its own.}
  interest_status: {type: VARCHAR, description: "Interest as sent; (none) where missing or blank."}
  calls: {type: BIGINT, description: Answered calls with this status., unit: calls, sum: true}
  answered_calls: {type: BIGINT, description: All answered calls of that day and agent., unit: calls}
  share: {type: DOUBLE, ratio: [calls, answered_calls], unit: share}
  share_low: {type: DOUBLE, unit: share}
  share_high: {type: DOUBLE, unit: share}
  avg_confidence: {type: DOUBLE, description: Mean interest_confidence of these calls that state one; NULL if none does., unit: share}
*/
WITH counted AS (
    SELECT
        call_date,
        agent_name,
        interest_status,
        count(*) AS calls,
        staging.mean(interest_confidence) AS avg_confidence
    FROM staging.call_facts
    WHERE is_answered
    GROUP BY call_date, agent_name, interest_status
),
totalled AS (
    SELECT *, (sum(calls) OVER (PARTITION BY call_date, agent_name))::BIGINT AS answered_calls FROM counted
)
SELECT
    call_date,
    agent_name,
    interest_status,
    calls,
    answered_calls,
    calls / answered_calls AS share,
    staging.wilson_low(calls, answered_calls) AS share_low,
    staging.wilson_high(calls, answered_calls) AS share_high,
    avg_confidence
FROM totalled
ORDER BY call_date, agent_name, interest_status
