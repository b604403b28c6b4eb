/*
description: >-
  Every task with a usable answer has calls and no other task has; each place in an answer is a call or a reject, so
  that no call object is missing.
asset: main.calls
severity: error
blocking: true
by_day: true
says: "The calls of {rows} tasks do not agree with the raw answers."
each: "{call_date}: {rows} {problem}"
quick: |
  WITH answered AS (
    SELECT call_date, count(*) AS ids, sum(hash(task_id)) AS hashes
    FROM lake.raw_answers
    WHERE result = 'usable' AND is_last AND NOT stopped_run
    GROUP BY call_date
  ),
  called AS (
    SELECT call_date, count(*) AS ids, sum(hash(task_id)) AS hashes, max(call_index) AS last_place
    FROM main.calls
    WHERE call_date IN (FROM checks.days)
    GROUP BY call_date
  ),
  settled AS (
    SELECT call_date, count(*) AS ids, sum(hash(task_id)) AS hashes
    FROM main.tasks
    WHERE call_date IN (FROM checks.days) AND state = 'settled'
    GROUP BY call_date
  )
  SELECT coalesce(bool_and(
    called.last_place = 0
    AND (answered.ids, answered.hashes) IS NOT DISTINCT FROM (called.ids, called.hashes)
    AND (settled.ids, settled.hashes) IS NOT DISTINCT FROM (called.ids, called.hashes)
  ), true)
  FROM answered
  FULL JOIN called ON called.call_date = answered.call_date
  FULL JOIN settled ON settled.call_date = called.call_date
*/
WITH counted AS (
    SELECT task_id, call_date, 1 AS tasks, 0 AS answers, 0 AS calls, 0 AS places, -1 AS place
    FROM main.tasks
    WHERE call_date IN (FROM checks.days)
    UNION ALL
    SELECT task_id, call_date, 0, 1, 0, 0, -1
    FROM lake.raw_answers
    WHERE result = 'usable' AND is_last AND NOT stopped_run
    UNION ALL
    SELECT task_id, call_date, 0, 0, 1, 1, call_index
    FROM main.calls
    WHERE call_date IN (FROM checks.days)
    UNION ALL
    SELECT task_id, call_date, 0, 0, 0, 1, call_index
    FROM main.rejects
    WHERE call_date IN (FROM checks.days) AND path = '' AND call_index IS NOT NULL
),
totals AS (
    SELECT
        call_date,
        sum(tasks) AS tasks,
        sum(answers) AS answers,
        sum(calls) AS calls,
        sum(places) AS places,
        max(place) AS last_place
    FROM counted
    GROUP BY task_id, call_date
),
odd AS (
    SELECT
        call_date,
        CASE
            WHEN calls > 0 AND tasks = 0 THEN 'with calls, but without a task'
            WHEN calls > 0 AND answers = 0 THEN 'with calls, but without a usable answer'
            WHEN calls = 0 AND answers > 0 AND tasks > 0 THEN 'with a usable answer, but without calls'
            WHEN places <> last_place + 1 THEN 'with calls missing from the answer, or too many'
        END AS problem
    FROM totals
)
SELECT call_date, problem, count(*) AS rows
FROM odd
WHERE problem IS NOT NULL
GROUP BY call_date, problem
ORDER BY call_date, problem
