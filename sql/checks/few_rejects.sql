/*
description: >-
  On the newest seven days with calls, no place in the answers holds values that do not fit in more than one of a hundred
  calls, nor in more than four calls where there are few.
asset: main.rejects
says: "At {rows} places in the answers many values do not fit."
each: "{place}: {reason}, {calls_affected} times in {calls} calls"
*/
WITH newest AS (
    SELECT max(tasks.call_date) AS call_date
    FROM main.tasks AS tasks
    CROSS JOIN checks.clock AS clock
    WHERE tasks.state IN ('settled', 'unsettled', 'failed') AND tasks.call_date <= clock.today
),
totals AS (
    SELECT count(*) AS calls
    FROM main.calls
    WHERE call_date BETWEEN (SELECT call_date - 6 FROM newest) AND (SELECT call_date FROM newest)
),
places AS (
    SELECT path, reason, count(*) AS calls_affected
    FROM main.rejects
    WHERE call_date BETWEEN (SELECT call_date - 6 FROM newest) AND (SELECT call_date FROM newest)
    GROUP BY path, reason
)
SELECT
    CASE WHEN places.path = '' THEN 'the whole element' ELSE places.path END AS place,
    places.reason,
    places.calls_affected,
    totals.calls
FROM places
CROSS JOIN totals
WHERE places.calls_affected >= 5 AND places.calls_affected > 0.01 * totals.calls
ORDER BY places.calls_affected DESC, place ASC, places.reason ASC
