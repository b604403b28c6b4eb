/*
description: The answered calls of marts.interest_distribution by campaign too, from a day on, with what each status means.
grain: [call_date, agent_name, campaign, interest_status]
columns:
  call_date: {type: DATE, description: "The tasks' day in the configured time zone."}
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL is a group of its own.}
  campaign: {type: VARCHAR, description: "Value of the campaign key in the call's context; (none) without one."}
  interest_status: {type: VARCHAR, description: "Interest as sent; (none) where missing or blank."}
  interested: {type: VARCHAR, description: "What interest_status means: yes, no or unknown; NULL where it is missing or blank."}
  calls: {type: BIGINT, description: Answered calls of either direction., unit: calls}
*/
SELECT
    calls.call_date,
    calls.agent_name,
    coalesce(campaigns.campaign, '(none)') AS campaign,
    calls.interest_status,
    calls.interested,
    count(*) AS calls
FROM staging.call_facts AS calls
LEFT JOIN staging.call_campaigns AS campaigns
    ON
        campaigns.task_id = calls.task_id
        AND campaigns.call_index = calls.call_index
        AND campaigns.call_date = calls.call_date
WHERE calls.is_answered AND calls.call_date >= $first_day
GROUP BY ALL
ORDER BY ALL
