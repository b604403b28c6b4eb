/*
description: >-
  One row per call_date with at least one registered task: what marts.data_freshness shows of it.
grain: [call_date]
incremental_by: [call_date]
columns_of: marts.data_freshness
*/
WITH counted AS (
    SELECT
        call_date,
        count(*) AS registered_tasks,
        count(*) FILTER (WHERE state = 'settled') AS settled_tasks,
        count(*) FILTER (WHERE state = 'unsettled') AS unsettled_tasks,
        count(*) FILTER (WHERE state = 'pending') AS pending_tasks,
        count(*) FILTER (WHERE state IN ('unsettled', 'pending')) AS waiting_tasks,
        count(*) FILTER (WHERE state = 'not_found') AS not_found_tasks,
        count(*) FILTER (WHERE state = 'failed') AS failed_tasks,
        count(next_try_at) AS held_back_tasks,
        min(next_try_at) AS next_try_at,
        min(registered_at) AS first_registered_at,
        max(registered_at) AS last_registered_at
    FROM staging.task_states
    GROUP BY call_date
),
answered AS (
    SELECT call_date, count(*) AS calls, max(fetched_at) AS newest_answer_at FROM staging.answers GROUP BY call_date
)
SELECT
    counted.call_date,
    counted.registered_tasks,
    counted.settled_tasks,
    counted.unsettled_tasks,
    counted.pending_tasks,
    counted.waiting_tasks,
    counted.not_found_tasks,
    counted.failed_tasks,
    counted.held_back_tasks,
    counted.next_try_at,
    coalesce(answered.calls, 0) AS calls,
    counted.first_registered_at,
    counted.last_registered_at,
    answered.newest_answer_at,
    counted.waiting_tasks = 0 AND counted.failed_tasks = 0 AS is_complete
FROM counted
LEFT JOIN answered ON answered.call_date = counted.call_date
ORDER BY counted.call_date
