/*
description: The calls that marts.metadata_coverage counts, by day and campaign too, from a day on.
grain: [call_date, agent_name, campaign, key]
columns:
  call_date: {type: DATE, description: "The tasks' day in the configured time zone."}
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL is a group of its own.}
  campaign: {type: VARCHAR, description: "Value of the campaign key in the call's context; (none) without one."}
  key: {type: VARCHAR, description: "The key, as sent."}
  asked_calls: {type: BIGINT, description: Calls that ask the key., unit: calls}
  filled_calls: {type: BIGINT, description: Those of them in which it is filled., unit: calls}
*/
SELECT
    facts.call_date,
    facts.agent_name,
    coalesce(campaigns.campaign, '(none)') AS campaign,
    facts.key,
    count(*) AS asked_calls,
    count(*) FILTER (WHERE facts.is_filled) AS filled_calls
FROM staging.metadata_facts AS facts
LEFT JOIN staging.call_campaigns AS campaigns
    ON
        campaigns.task_id = facts.task_id
        AND campaigns.call_index = facts.call_index
        AND campaigns.call_date = facts.call_date
WHERE facts.call_date >= $first_day
GROUP BY ALL
ORDER BY ALL
