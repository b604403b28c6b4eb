/*
description: marts.data_freshness from a day on.
grain: [call_date]
columns:
  call_date: {type: DATE, description: "The tasks' day in the configured time zone."}
  registered_tasks: {type: BIGINT, description: All tasks of the day., unit: tasks}
  settled_tasks: {type: BIGINT, description: Tasks whose answer is final., unit: tasks}
  unsettled_tasks: {type: BIGINT, description: Tasks whose answer may still change., unit: tasks}
  pending_tasks: {type: BIGINT, description: Tasks without an answer so far., unit: tasks}
  not_found_tasks: {type: BIGINT, description: Tasks that the API does not know., unit: tasks}
  failed_tasks: {type: BIGINT, description: Tasks given up., unit: tasks}
  calls: {type: BIGINT, description: Calls of the day., unit: calls}
  is_complete: {type: BOOLEAN, description: Whether nothing of the day is waiting or failed.}
*/
SELECT
    call_date,
    registered_tasks,
    settled_tasks,
    unsettled_tasks,
    pending_tasks,
    not_found_tasks,
    failed_tasks,
    calls,
    is_complete
FROM marts.data_freshness
WHERE call_date >= $first_day
ORDER BY call_date
