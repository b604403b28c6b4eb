/*
description: One row per day, agent, weekday and hour with at least one dialled call whose time is known.
grain: [call_date, agent_name, weekday, hour]
incremental_by: [call_date]
columns:
  call_date: {type: DATE, description: "The tasks' day in the configured time zone."}
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL is a group of its own.}
  weekday: {type: INTEGER, description: "Weekday of occurred_at in the configured zone, from 1 (Monday) to 7 (Sunday)."}
  hour: {type: INTEGER, description: "Hour of occurred_at in the configured zone, from 0 to 23.", unit: hour of the day}
  calls: {type: BIGINT, description: Dialled calls., unit: calls}
  answered_calls: {type: BIGINT, description: Those of them that were answered., unit: calls}
*/
-- By hour in UTC first: few rows are left to look up the zone's offset for, unless it changes within an hour.
WITH in_utc AS (
    SELECT
        call_date,
        agent_name,
        epoch_us(occurred_at) // 1000000 + 62135596800 AS second,
        is_answered
    FROM staging.call_facts
    WHERE is_dialled AND occurred_at IS NOT NULL
),
local AS (
    SELECT
        in_utc.call_date,
        in_utc.agent_name,
        -- Seconds since the Monday that begins the year 1.
        in_utc.second + offsets.offset_seconds AS second,
        in_utc.is_answered
    FROM in_utc
    INNER JOIN pipeline.utc_offsets AS offsets
        ON
            offsets.utc_day - DATE '0001-01-01' = in_utc.second // 86400
            AND in_utc.second % 86400 >= offsets.from_second
            AND in_utc.second % 86400 < offsets.until_second
)
SELECT
    call_date,
    agent_name,
    (second // 86400 % 7 + 1)::INTEGER AS weekday,
    (second // 3600 % 24)::INTEGER AS hour,
    count(*) AS calls,
    count(*) FILTER (WHERE is_answered) AS answered_calls
FROM local
GROUP BY call_date, agent_name, weekday, hour
ORDER BY call_date, agent_name, weekday, hour
