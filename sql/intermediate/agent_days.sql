/*
description: >-
  One row per agent and day from the agent's first day with a call to the last day of all calls, days without a call
  too.
grain: [call_date, agent_name]
materialized: view
columns:
  call_date: {type: DATE, description: The day.}
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL is a group of its own.}
*/
WITH first_days AS (
    SELECT agent_name, min(call_date) AS first_day FROM staging.agent_day_counts GROUP BY agent_name
),
last_days AS (
    SELECT max(call_date) AS last_day FROM staging.agent_day_counts
)
SELECT
    unnest(generate_series(first_day, last_day, INTERVAL 1 DAY))::DATE AS call_date,
    agent_name
FROM first_days
CROSS JOIN last_days
