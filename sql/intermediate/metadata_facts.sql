/*
description: One row per key of call_insights.metadata of a call, as main.call_metadata has it.
grain: [task_id, call_index, key]
materialized: view
columns:
  task_id: {type: VARCHAR, description: The Dialflo task id., privacy: pseudonym}
  call_index: {type: INTEGER, description: "Place of the call in the task's answer, from 0."}
  call_date: {type: DATE, description: "The task's day in the configured time zone."}
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL where the call names none.}
  key: {type: VARCHAR, description: The key.}
  value: {type: VARCHAR, description: "The value; nested values as JSON text.", privacy: personal}
  is_filled: {type: BOOLEAN, description: "Whether the value says something: false for null, blank text, {} and []."}
*/
SELECT task_id, call_index, call_date, agent_name, key, value, is_filled
FROM main.call_metadata
