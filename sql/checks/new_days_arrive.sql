/*
description: >-
  The newest day with an answer is not longer ago than usual: not more than three days, nor more than twice the gap
  that nine of ten gaps between days with answers were within, in the 60 days before it. Goes by the days of the tasks, so answers that are fetched now
  for old days do not count as news.
asset: main.tasks
says: "No answers for new days have come."
each: "the newest day with an answer is {newest_day}, {days_ago} days ago"
*/
WITH days AS (
    SELECT DISTINCT tasks.call_date
    FROM main.tasks AS tasks
    CROSS JOIN checks.clock AS clock
    WHERE tasks.state IN ('settled', 'unsettled') AND tasks.call_date <= clock.today
),
gaps AS (
    SELECT call_date, call_date - lag(call_date) OVER (ORDER BY call_date) AS gap FROM days
),
newest AS (
    SELECT
        max(gaps.call_date) AS newest_day,
        quantile_cont(gaps.gap, 0.9) FILTER (WHERE gaps.call_date > (SELECT max(call_date) FROM days) - 60) AS usual_gap
    FROM gaps
)
SELECT newest.newest_day, clock.today - newest.newest_day AS days_ago
FROM newest
CROSS JOIN checks.clock AS clock
WHERE clock.today - newest.newest_day > greatest(3, 2 * coalesce(newest.usual_gap, 0))
