/*
description: >-
  One row per contact and agent with at least one dialled call: how many tries it took until the first answered one, or
  how many there were if none was answered.
grain: [contact_number, agent_name]
incremental_by: [agent_name, contact_number]
columns:
  contact_number: {type: VARCHAR, description: "The other party's number.", privacy: personal}
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL is a group of its own.}
  tries: {type: BIGINT, description: "Dialled calls up to and with the first answered one, or all if none was answered.", unit: calls}
  is_reached: {type: BOOLEAN, description: Whether one of them was answered.}
*/
WITH tried AS (
    SELECT
        contact_number,
        agent_name,
        is_answered,
        row_number() OVER (
            PARTITION BY agent_name, contact_number ORDER BY called_at, task_id, call_index
        ) AS try
    FROM staging.call_facts
    WHERE is_dialled AND contact_number IS NOT NULL
)
SELECT
    contact_number,
    agent_name,
    coalesce(min(try) FILTER (WHERE is_answered), max(try)) AS tries,
    bool_or(is_answered) AS is_reached
FROM tried
GROUP BY contact_number, agent_name
