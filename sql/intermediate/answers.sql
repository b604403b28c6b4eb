/*
description: One row per call, with when its answer was received.
grain: [task_id, call_index]
materialized: view
columns:
  task_id: {type: VARCHAR, description: The Dialflo task id., privacy: pseudonym}
  call_index: {type: INTEGER, description: "Place of the call in the task's answer, from 0."}
  call_date: {type: DATE, description: "The task's day in the configured time zone."}
  fetched_at: {type: TIMESTAMPTZ, description: When the answer was received.}
*/
SELECT task_id, call_index, call_date, fetched_at
FROM main.calls
