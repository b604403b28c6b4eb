/*
description: >-
  One row per call that has a filled value under the configured key of its context; none where no key is configured.
grain: [task_id, call_index]
materialized: view
columns:
  task_id: {type: VARCHAR, description: The Dialflo task id., privacy: pseudonym}
  call_index: {type: INTEGER, description: "Place of the call in the task's answer, from 0."}
  call_date: {type: DATE, description: "The tasks' day in the configured time zone."}
  campaign: {type: VARCHAR, description: "The value, as text.", privacy: personal}
*/
SELECT
    context.task_id,
    context.call_index,
    context.call_date,
    context.value AS campaign
FROM main.call_context AS context
INNER JOIN pipeline.settings AS settings ON settings.campaign_key = context.key
WHERE context.is_filled
