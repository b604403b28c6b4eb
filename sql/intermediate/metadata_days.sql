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
  are_booleans: {type: BOOLEAN, description: "Whether every filled value is true or false; NULL where none is filled."}
  are_integers: {type: BOOLEAN, description: "Whether every filled value is a whole number of at most 18 digits, without + and leading zeros."}
  are_numbers: {type: BOOLEAN, description: "Whether every filled value is a finite decimal number of at most 15 digits before the point, without + and leading zeros."}
  are_dates: {type: BOOLEAN, description: "Whether every filled value is a day of the calendar like 2026-01-31."}
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
        any_value(value) AS some_value,
        count(*) AS calls
    FROM staging.metadata_facts
    GROUP BY call_date, agent_name, key, is_filled, value_hash
),
shaped AS (
    SELECT
        * EXCLUDE (some_value),
        -- Most values are words: the first letter (45 to 57: minus to 9) shows that without a pattern.
        CASE
            WHEN NOT is_filled THEN NULL
            WHEN some_value IN ('true', 'false') THEN 'boolean'
            WHEN ascii(some_value) NOT BETWEEN 45 AND 57 THEN 'text'
            -- More than 15 digits are not kept by a DOUBLE, more than 18 not by a BIGINT.
            WHEN regexp_full_match(some_value, '-?(0|[1-9][0-9]{0,14})') THEN 'integer'
            WHEN regexp_full_match(some_value, '-?[1-9][0-9]{15,17}') THEN 'long'
            WHEN
                regexp_full_match(some_value, '-?(0|[1-9][0-9]{0,14})(\.[0-9]+)?([eE][-+]?[0-9]+)?')
                AND coalesce(isfinite(try_cast(some_value AS DOUBLE)), false)
                THEN 'number'
            WHEN
                regexp_full_match(some_value, '[0-9]{4}-[0-9]{2}-[0-9]{2}')
                AND try_cast(some_value AS DATE) IS NOT NULL
                THEN 'date'
            ELSE 'text'
        END AS shape
    FROM by_value
)
SELECT
    call_date,
    agent_name,
    key,
    sum(calls)::BIGINT AS asked_calls,
    coalesce(sum(calls) FILTER (WHERE is_filled), 0)::BIGINT AS filled_calls,
    coalesce(list(value_hash ORDER BY value_hash) FILTER (WHERE is_filled), []) AS value_hashes,
    bool_and(shape = 'boolean') AS are_booleans,
    bool_and(shape IN ('integer', 'long')) AS are_integers,
    bool_and(shape IN ('integer', 'number')) AS are_numbers,
    bool_and(shape = 'date') AS are_dates
FROM shaped
GROUP BY call_date, agent_name, key
ORDER BY call_date, agent_name, key
