/*
description: The latest calls of any kind from a day on, newest first, and no more of them than asked for.
grain: [task_id, call_index]
columns:
  called_at: {type: TIMESTAMPTZ, description: "When the call took place; where nothing says so, the start of call_date."}
  call_date: {type: DATE, description: "The tasks' day in the configured time zone."}
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL where the call names none.}
  campaign: {type: VARCHAR, description: "Value of the campaign key in the call's context; (none) without one."}
  contact_number: {type: VARCHAR, description: The other party's number., privacy: personal}
  from_number: {type: VARCHAR, description: Calling number as sent., privacy: personal}
  is_inbound: {type: BOOLEAN, description: Whether the call is inbound.}
  outcome: {type: VARCHAR, description: What became of the call.}
  duration_seconds: {type: DOUBLE, description: Length of the call., unit: seconds}
  interest_status: {type: VARCHAR, description: "Interest as sent; (none) where missing or blank."}
  next_action: {type: VARCHAR, description: "Next action as sent; (none) where missing or blank."}
  recording_url: {type: VARCHAR, description: Where the recording is., privacy: personal}
  task_id: {type: VARCHAR, description: The Dialflo task id., privacy: pseudonym}
  call_index: {type: INTEGER, description: "Place of the call in the task's answer, from 0."}
*/
WITH latest AS (
    SELECT *
    FROM staging.call_facts
    WHERE call_date >= $first_day
    ORDER BY called_at DESC, task_id ASC, call_index ASC
    LIMIT $most_calls
)
SELECT
    latest.called_at,
    latest.call_date,
    latest.agent_name,
    coalesce(campaigns.campaign, '(none)') AS campaign,
    latest.contact_number,
    calls.from_number,
    latest.is_inbound,
    latest.outcome,
    latest.duration_seconds,
    latest.interest_status,
    latest.next_action,
    calls.call_recording_url AS recording_url,
    latest.task_id,
    latest.call_index
FROM latest
INNER JOIN main.calls AS calls
    ON
        calls.task_id = latest.task_id
        AND calls.call_index = latest.call_index
        AND calls.call_date = latest.call_date
LEFT JOIN staging.call_campaigns AS campaigns
    ON
        campaigns.task_id = latest.task_id
        AND campaigns.call_index = latest.call_index
        AND campaigns.call_date = latest.call_date
ORDER BY latest.called_at DESC, latest.task_id ASC, latest.call_index ASC
