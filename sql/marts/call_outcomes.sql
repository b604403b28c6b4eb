/*
question: What happens to our calls, and why?
description: >-
  One row per call_date, agent, direction, outcome, status, reason, hang-up cause and hang-up source that at least one
  call has. Every call counts once, inbound ones and those that are cancelled or in progress too. Texts stand as they
  were sent, letter for letter; one that is missing or holds nothing but ASCII white space is (none).
  A call is inbound if its call_direction is the word inbound in any ASCII case, and no other. Its outcome is what the
  mapping statuses.csv says of its call_status, else outcome of main.calls. Mappings ignore ASCII case and outer ASCII
  white space; the user's own rows (folder seeds of the data folder) go before the shipped ones (sql/seeds). Blank means
  nothing but ASCII white space.
means_not: >-
  That outcomes were told in the same words by all agents and on all days, nor that a hang-up cause is anybody's fault;
  and (none) does not mean that there was no reason, only that none was sent. Over several days or agents, divide the
  sum of calls by the number of all calls there, as sum(calls) / sum(sum(calls)) OVER () does; a sum of agent_calls
  lacks the days and agents that have no row for the outcome.
grain: [call_date, agent_name, direction, outcome, call_status, outcome_reason, hangup_cause, hangup_source]
incremental_by: [call_date]
columns:
  call_date: {type: DATE, description: "The tasks' day in the configured time zone."}
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL is a group of its own.}
  direction: {type: VARCHAR, description: "inbound if call_direction is inbound in any ASCII case, else outbound (a missing direction too)."}
  outcome: {type: VARCHAR, description: "answered, no_answer, busy, failed, cancelled, in_progress or unknown: by the mapping statuses.csv, else outcome of main.calls."}
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
-- As sent first: there are few different texts, so each is looked at once and not once a call.
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
