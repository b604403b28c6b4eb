/*
description: >-
  No day has tasks that still wait for their answer a day after they should have been settled (DIALFLO_SETTLE_HOURS after
  they were completed). Goes by the days and states of the tasks and never by when a file was written; ids of old days
  that were registered only now get the same patience.
asset: main.tasks
says: "{rows} days are not complete."
each: "{call_date}: {waiting} of {tasks} tasks still wait for their answer"
*/
WITH waiting AS (
    SELECT tasks.call_date, count(*) AS waiting
    FROM main.tasks AS tasks
    CROSS JOIN checks.clock AS clock
    WHERE
        tasks.state IN ('pending', 'unsettled')
        AND greatest(coalesce(tasks.completed_at, tasks.registered_at), tasks.registered_at) < clock.settled_if_before
    GROUP BY tasks.call_date
),
totals AS (
    SELECT call_date, count(*) AS tasks
    FROM main.tasks
    WHERE call_date IN (SELECT call_date FROM waiting)
    GROUP BY call_date
)
SELECT waiting.call_date, waiting.waiting, totals.tasks
FROM waiting
INNER JOIN totals ON totals.call_date = waiting.call_date
ORDER BY waiting.call_date DESC
