/*
question: What do the calls ask us to do next?
description: >-
  One row per call_date, agent and next action that at least one call has. Every call counts once, of either direction
  and any outcome. The action stands as it was sent, letter for letter; one that is missing or holds nothing but ASCII
  white space is (none).
  A call is inbound if its call_direction is the word inbound in any ASCII case, and no other. Its outcome is what the
  mapping statuses.csv says of its call_status, else outcome of main.calls. Mappings ignore ASCII case and outer ASCII
  white space; the user's own rows (folder seeds of the data folder) go before the shipped ones (sql/seeds). Blank means
  nothing but ASCII white space.
means_not: >-
  That the action is still to be done (a later call may have done it: see contacts), nor that it ever was, nor how many
  people it is about. The redial backlog is another thing: it also holds contacts that nobody asked to call again. Over
  several days or agents, divide the sum of calls by the number of all calls there, as sum(calls) / sum(sum(calls)) OVER
  () does; a sum of agent_calls lacks the days and agents that have no row for the action.
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
