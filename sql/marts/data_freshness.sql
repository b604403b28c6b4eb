/*
question: Can I trust a day's figures, or is something still to come?
description: >-
  One row per day with at least one registered task: its tasks by state, as of the last sync. Each task has exactly one
  state.
means_not: >-
  That all calls of the day were registered: unregistered ids are not known here, and a day that is not over may get more.
  A settled task may still be asked again with --refetch, and a task not found before its deadline is asked again too.
grain: [call_date]
whole_because: >-
  A day without calls would not keep its place in the order of days. It only puts the rows of staging.day_states, which
  are incremental, in order.
columns:
  call_date: {type: DATE, description: "The tasks' day in the configured time zone."}
  registered_tasks: {type: BIGINT, description: All tasks of the day., unit: tasks, sum: true}
  settled_tasks: {type: BIGINT, description: "Tasks in state settled: their answer is final.", unit: tasks, sum: true}
  unsettled_tasks: {type: BIGINT, description: "Tasks in state unsettled: their answer may still change.", unit: tasks, sum: true}
  pending_tasks: {type: BIGINT, description: "Tasks in state pending: no answer yet.", unit: tasks, sum: true}
  waiting_tasks: {type: BIGINT, description: unsettled_tasks + pending_tasks., unit: tasks, sum: true}
  not_found_tasks: {type: BIGINT, description: "Tasks in state not_found: the API does not know them.", unit: tasks, sum: true}
  failed_tasks: {type: BIGINT, description: "Tasks in state failed: not fetched again unless requested.", unit: tasks, sum: true}
  held_back_tasks: {type: BIGINT, description: "Tasks with a next_try_at, whatever their state: asked again, though not before that time.", unit: tasks}
  next_try_at: {type: TIMESTAMPTZ, description: Earliest next_try_at of the day's tasks; NULL if none has one.}
  calls: {type: BIGINT, description: Rows of main.calls of the day., unit: calls, sum: true}
  first_registered_at: {type: TIMESTAMPTZ, description: When the day's first task was registered.}
  last_registered_at: {type: TIMESTAMPTZ, description: When the day's last task was registered.}
  newest_answer_at: {type: TIMESTAMPTZ, description: Latest fetched_at of the day's calls; NULL if it has none.}
  is_complete: {type: BOOLEAN, description: "Whether every task of the day is settled or not_found: waiting_tasks and failed_tasks are both 0."}
*/
SELECT *
FROM staging.day_states
ORDER BY call_date
