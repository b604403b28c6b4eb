/*
description: Tasks that failed or were not found, by state and reason, each with at most three ids; at most 20 rows.
grain: [state, reason]
columns:
  state: {type: VARCHAR, description: failed or not_found.}
  reason: {type: VARCHAR, description: Why the last fetch gave no usable answer.}
  tasks: {type: INTEGER, description: Tasks in this state for this reason., unit: tasks}
  examples: {type: VARCHAR, description: "The first ids of the latest days, separated by a comma and a space.", privacy: pseudonym}
*/
WITH lost AS (
    SELECT
        state,
        coalesce(last_error, CASE state WHEN 'not_found' THEN 'HTTP 404' ELSE 'no reason recorded' END) AS reason,
        count(*)::INTEGER AS tasks,
        array_to_string(list(left(task_id, 80) ORDER BY call_date DESC, task_id ASC)[1:3], ', ') AS examples
    FROM main.tasks
    WHERE state IN ('failed', 'not_found')
    GROUP BY ALL
)
SELECT * FROM lost ORDER BY state ASC, tasks DESC, reason ASC LIMIT 20
