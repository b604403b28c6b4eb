/*
description: The dialled calls by calling number, agent and campaign, from a day on; those that never rang too.
grain: [call_date, agent_name, campaign, from_number_e164]
columns:
  call_date: {type: DATE, description: "The tasks' day in the configured time zone."}
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL is a group of its own.}
  campaign: {type: VARCHAR, description: "Value of the campaign key in the call's context; (none) without one."}
  from_number_e164: {type: VARCHAR, description: "Calling number in E.164, NULL if it cannot be read as one.", privacy: personal}
  calls: {type: BIGINT, description: Dialled calls., unit: calls}
  answered_calls: {type: BIGINT, description: Those of them that were answered., unit: calls}
*/
SELECT
    calls.call_date,
    calls.agent_name,
    coalesce(campaigns.campaign, '(none)') AS campaign,
    calls.from_number_e164,
    count(*) AS calls,
    count(*) FILTER (WHERE calls.is_answered) AS answered_calls
FROM staging.call_facts AS calls
LEFT JOIN staging.call_campaigns AS campaigns
    ON
        campaigns.task_id = calls.task_id
        AND campaigns.call_index = calls.call_index
        AND campaigns.call_date = calls.call_date
WHERE calls.is_dialled AND calls.call_date >= $first_day
GROUP BY ALL
ORDER BY ALL
