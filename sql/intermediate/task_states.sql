/*
description: One row per registered task, with what says how far its day is.
grain: [task_id]
materialized: view
columns:
  task_id: {type: VARCHAR, description: The Dialflo task id., privacy: pseudonym}
  call_date: {type: DATE, description: "The task's day in the configured time zone."}
  registered_at: {type: TIMESTAMPTZ, description: When the id was registered.}
  state: {type: VARCHAR, description: "The task's state."}
  next_try_at: {type: TIMESTAMPTZ, description: Not asked again before this time; NULL when nothing is held back.}
*/
SELECT task_id, call_date, registered_at, state, next_try_at
FROM main.tasks
