/*
description: One row per dialled call, with its campaign and the steps of the funnel that it took.
grain: [task_id, call_index]
materialized: view
columns:
  task_id: {type: VARCHAR, description: The Dialflo task id., privacy: pseudonym}
  call_index: {type: INTEGER, description: "Place of the call in the task's answer, from 0."}
  call_date: {type: DATE, description: "The tasks' day in the configured time zone."}
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL where the call names none.}
  campaign: {type: VARCHAR, description: "Value of the campaign key in the call's context; (none) without one.", privacy: personal}
  is_answered: {type: BOOLEAN, description: Whether outcome is answered.}
  is_engaged: {type: BOOLEAN, description: "Whether it was answered and lasted at least so long as is configured."}
  is_interested: {type: BOOLEAN, description: Whether it was engaged and its interest means yes.}
  has_action: {type: BOOLEAN, description: "Whether it was interested and has a next action that means neither redial nor stop."}
  is_converted: {type: BOOLEAN, description: Whether it was interested and its next action means convert.}
*/
WITH engaged AS (
    SELECT
        calls.*,
        coalesce(calls.is_answered AND calls.duration_seconds >= settings.engaged_seconds, false) AS is_engaged
    FROM staging.call_facts AS calls
    CROSS JOIN pipeline.settings AS settings
    WHERE calls.is_dialled
)
SELECT
    calls.task_id,
    calls.call_index,
    calls.call_date,
    calls.agent_name,
    coalesce(campaigns.campaign, '(none)') AS campaign,
    calls.is_answered,
    calls.is_engaged,
    coalesce(calls.is_engaged AND calls.interested = 'yes', false) AS is_interested,
    coalesce(
        calls.is_engaged AND calls.interested = 'yes' AND calls.action_meaning NOT IN ('redial', 'stop'), false
    ) AS has_action,
    coalesce(
        calls.is_engaged AND calls.interested = 'yes' AND calls.action_meaning = 'convert', false
    ) AS is_converted
FROM engaged AS calls
LEFT JOIN staging.call_campaigns AS campaigns
    ON
        campaigns.task_id = calls.task_id
        AND campaigns.call_index = calls.call_index
        AND campaigns.call_date = calls.call_date
