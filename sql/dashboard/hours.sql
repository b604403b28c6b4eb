/*
description: >-
  The dialled calls of marts.best_time_to_call by day and campaign too, from a day on: those whose time is known, by the
  weekday and hour of it in the configured zone.
grain: [call_date, agent_name, campaign, weekday, hour]
columns:
  call_date: {type: DATE, description: "The tasks' day in the configured time zone."}
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL is a group of its own.}
  campaign: {type: VARCHAR, description: "Value of the campaign key in the call's context; (none) without one."}
  weekday: {type: INTEGER, description: "From 1 (Monday) to 7 (Sunday)."}
  hour: {type: INTEGER, description: "From 0 to 23: the hour that begins then.", unit: hour of the day}
  calls: {type: BIGINT, description: Dialled calls., unit: calls}
  answered_calls: {type: BIGINT, description: Those of them that were answered., unit: calls}
*/
-- As staging.call_hours finds weekday and hour; that has no campaign. A test compares the two.
WITH in_utc AS (
    SELECT
        calls.call_date,
        calls.agent_name,
        coalesce(campaigns.campaign, '(none)') AS campaign,
        epoch_us(calls.occurred_at) // 1000000 + 62135596800 AS second,
        calls.is_answered
    FROM staging.call_facts AS calls
    LEFT JOIN staging.call_campaigns AS campaigns
        ON
            campaigns.task_id = calls.task_id
            AND campaigns.call_index = calls.call_index
            AND campaigns.call_date = calls.call_date
    WHERE calls.is_dialled AND calls.occurred_at IS NOT NULL AND calls.call_date >= $first_day
),
local AS (
    SELECT in_utc.*, in_utc.second + offsets.offset_seconds AS local_second
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
    campaign,
    (local_second // 86400 % 7 + 1)::INTEGER AS weekday,
    (local_second // 3600 % 24)::INTEGER AS hour,
    count(*) AS calls,
    count(*) FILTER (WHERE is_answered) AS answered_calls
FROM local
GROUP BY ALL
ORDER BY ALL
