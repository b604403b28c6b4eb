/*
description: >-
  Every registered id is in tasks exactly once, on its day, and no other id is. Registered are the ids of task_ids whose
  registration is later than their last tombstone in forgotten_ids.
asset: main.tasks
severity: error
blocking: true
by_day: true
says: "{rows} ids are not accounted for."
each: "{call_date}: {rows} {problem}"
quick: |
  WITH registered AS (
    SELECT call_date, count(*) AS ids, sum(hash(task_id)) AS hashes FROM lake.task_ids GROUP BY call_date
  ),
  shown AS (
    SELECT call_date, count(*) AS ids, sum(hash(task_id)) AS hashes
    FROM main.tasks
    WHERE call_date IN (FROM checks.days)
    GROUP BY call_date
  )
  SELECT coalesce(bool_and((registered.ids, registered.hashes) IS NOT DISTINCT FROM (shown.ids, shown.hashes)), true)
    AND (SELECT count(*) = 0 FROM lake.forgotten_ids)
  FROM registered
  FULL JOIN shown ON shown.call_date = registered.call_date
*/
-- An id that is registered twice on its day is not a fault: a file was copied, and its first registration counts.
WITH tombstones AS (
    SELECT task_id, call_date, max(forgotten_at) AS forgotten_at FROM lake.forgotten_ids GROUP BY task_id, call_date
),
counted AS (
    SELECT ids.task_id, ids.call_date, 1 AS registered, 0 AS shown
    FROM lake.task_ids AS ids
    LEFT JOIN tombstones ON tombstones.task_id = ids.task_id AND tombstones.call_date = ids.call_date
    WHERE tombstones.forgotten_at IS NULL OR ids.registered_at > tombstones.forgotten_at
    UNION ALL
    SELECT task_id, call_date, 0, 1 FROM main.tasks WHERE call_date IN (FROM checks.days)
),
odd AS (
    SELECT
        call_date,
        CASE
            WHEN sum(shown) = 0 THEN 'registered, but not in tasks'
            WHEN max(registered) = 0 THEN 'in tasks, but not registered'
            ELSE 'more than once'
        END AS problem
    FROM counted
    GROUP BY task_id, call_date
    HAVING max(registered) <> 1 OR sum(shown) <> 1
)
SELECT call_date, problem, count(*) AS rows
FROM odd
GROUP BY call_date, problem
ORDER BY call_date, problem
