/*
question: What happens to our calls, and why?
description: >-
  One row per day, agent, direction, outcome, status, reason, hang-up cause and hang-up source that a call has. Every call
  counts once, also inbound, cancelled and ongoing ones. Texts are as sent; (none) where missing or blank.
means_not: >-
  That agents use the same words, or that a hang-up cause is anyone's fault. Over several rows divide by the number of all
  calls, not by the sum of agent_calls, which lacks the days and agents without this outcome.
grain: [call_date, agent_name, direction, outcome, call_status, outcome_reason, hangup_cause, hangup_source]
incremental_by: [call_date]
columns:
  call_date: {type: DATE, description: "The tasks' day in the configured time zone."}
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL is a group of its own.}
  direction: {type: VARCHAR, description: "inbound if call_direction is inbound in any ASCII case, else outbound (a missing direction too)."}
  outcome: {type: VARCHAR, description: "answered, no_answer, busy, machine, failed, cancelled, in_progress or unknown: by the mapping statuses.csv, else outcome of main.calls."}
  call_status: {type: VARCHAR, description: Status as sent.}
  outcome_reason: {type: VARCHAR, description: "Why the call came out so, as sent."}
  hangup_cause: {type: VARCHAR, description: "Cause of the hang-up, as sent."}
  hangup_source: {type: VARCHAR, description: "Who hung up, as sent."}
  calls: {type: BIGINT, description: Calls with all of these., unit: calls, sum: true}
  agent_calls: {type: BIGINT, description: All calls of that call_date and agent., unit: calls}
  share: {type: DOUBLE, ratio: [calls, agent_calls], unit: share}
  share_low: {type: DOUBLE, unit: share}
  share_high: {type: DOUBLE, unit: share}
*/
-- As sent first: there are few different texts, so each is examined once and not once a call.
WITH sent AS (
    SELECT
        call_date,
        agent_name,
        is_inbound,
        outcome,
        call_status,
        outcome_reason,
        hangup_cause,
        hangup_source,
        count(*) AS calls
    FROM staging.call_facts
    GROUP BY ALL
),
counted AS (
    SELECT
        call_date,
        agent_name,
        CASE WHEN is_inbound THEN 'inbound' ELSE 'outbound' END AS direction,
        outcome,
        staging.or_none(call_status) AS call_status,
        staging.or_none(outcome_reason) AS outcome_reason,
        staging.or_none(hangup_cause) AS hangup_cause,
        staging.or_none(hangup_source) AS hangup_source,
        sum(calls)::BIGINT AS calls
    FROM sent
    GROUP BY ALL
),
totalled AS (
    SELECT *, (sum(calls) OVER (PARTITION BY call_date, agent_name))::BIGINT AS agent_calls FROM counted
)
SELECT
    *,
    staging.rate(calls, agent_calls) AS share,
    staging.wilson_low(calls, agent_calls) AS share_low,
    staging.wilson_high(calls, agent_calls) AS share_high
FROM totalled
ORDER BY call_date, agent_name, direction, outcome, call_status, outcome_reason, hangup_cause, hangup_source
