/*
description: >-
  No call_id belongs to two tasks. One that does means that a call is counted twice, for example because its task has two
  ids. Calls without a call_id do not count. A day is that of the call's first task.
asset: main.calls
says: "Calls of {rows} days are in more than one task."
each: "{call_date}: {calls} calls"
*/
WITH twice AS (
    SELECT call_id, min(call_date) AS call_date
    FROM main.calls
    WHERE call_id IS NOT NULL
    GROUP BY call_id
    HAVING count(DISTINCT task_id) > 1
)
SELECT call_date, count(*) AS calls
FROM twice
GROUP BY call_date
ORDER BY call_date
