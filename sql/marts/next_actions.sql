/*
question: What do the calls ask us to do next?
description: >-
  One row per day, agent and next action that a call has. Every call counts once. The action is as sent; (none) where
  missing or blank.
means_not: >-
  That the action is still to be done, or was done, or how many people it concerns: see contacts and redial_backlog. Over
  several rows divide by the number of all calls, not by the sum of agent_calls, which lacks days and agents without the
  action.
grain: [call_date, agent_name, next_action]
incremental_by: [call_date]
columns:
  call_date: {type: DATE, description: "The tasks' day in the configured time zone."}
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL is a group of its own.}
  next_action: {type: VARCHAR, description: "Next action as sent; (none) where missing or blank."}
  meaning: {type: VARCHAR, description: "What it means by the mapping actions.csv: redial, stop, convert or other; unknown where the mapping has no such word, none where no action was sent. Calls that sent the very text (none) share a row with those without an action: its meaning is none, unless all calls of the row sent that text."}
  calls: {type: BIGINT, description: Calls with this next action., unit: calls, sum: true}
  answered_calls: {type: BIGINT, description: Those of them whose outcome is answered., unit: calls, sum: true}
  agent_calls: {type: BIGINT, description: All calls of that call_date and agent., unit: calls}
  share: {type: DOUBLE, ratio: [calls, agent_calls], unit: share}
  share_low: {type: DOUBLE, unit: share}
  share_high: {type: DOUBLE, unit: share}
*/
WITH counted AS (
    SELECT
        call_date,
        agent_name,
        next_action,
        CASE WHEN count(action_meaning) = count(*) THEN max(action_meaning) ELSE 'none' END AS meaning,
        count(*) AS calls,
        count(*) FILTER (WHERE is_answered) AS answered_calls
    FROM staging.call_facts
    GROUP BY call_date, agent_name, next_action
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
ORDER BY call_date, agent_name, next_action
