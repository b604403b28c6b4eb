/*
description: One row per day, agent and key of call_insights.metadata that a call of that day and agent has.
grain: [call_date, agent_name, key]
incremental_by: [call_date]
columns:
  call_date: {type: DATE, description: "The tasks' day in the configured time zone."}
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL is a group of its own.}
  key: {type: VARCHAR, description: The key.}
  asked_calls: {type: BIGINT, description: "Calls whose metadata has the key, filled or not.", unit: calls}
  filled_calls: {type: BIGINT, description: Those of them whose value says something., unit: calls}
  value_hashes: {type: "UBIGINT[]", description: "Hashes of the different filled values, ascending."}
*/
-- Values first, then keys: to gather different values by key directly costs twice as much. Hashes, since all that is
-- asked of the values is how many there are, over all days.
WITH by_value AS (
    SELECT
        call_date,
        agent_name,
        key,
        is_filled,
        CASE WHEN is_filled THEN hash(value) END AS value_hash,
        count(*) AS calls
    FROM staging.metadata_facts
    GROUP BY ALL
)
SELECT
    call_date,
    agent_name,
    key,
    sum(calls)::BIGINT AS asked_calls,
    coalesce(sum(calls) FILTER (WHERE is_filled), 0)::BIGINT AS filled_calls,
    coalesce(list(value_hash ORDER BY value_hash) FILTER (WHERE is_filled), []) AS value_hashes
FROM by_value
GROUP BY call_date, agent_name, key
ORDER BY call_date, agent_name, key
