/*
description: What marts.conversion_funnel counts, from a day on; answer rates of days and agents are added up from it too.
grain: [call_date, agent_name, campaign]
columns:
  call_date: {type: DATE, description: "The tasks' day in the configured time zone."}
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL is a group of its own.}
  campaign: {type: VARCHAR, description: "Value of the campaign key in the call's context; (none) without one."}
  dialled_calls: {type: BIGINT, description: Dialled calls., unit: calls}
  answered_calls: {type: BIGINT, description: Dialled calls that were answered., unit: calls}
  engaged_calls: {type: BIGINT, description: Answered calls that lasted long enough., unit: calls}
  interested_calls: {type: BIGINT, description: Engaged calls whose interest means yes., unit: calls}
  action_calls: {type: BIGINT, description: Interested calls with a next action other than to redial or stop., unit: calls}
  converted_calls: {type: BIGINT, description: Interested calls whose next action means convert., unit: calls}
*/
SELECT
    call_date,
    agent_name,
    campaign,
    dialled_calls,
    answered_calls,
    engaged_calls,
    interested_calls,
    action_calls,
    converted_calls
FROM marts.conversion_funnel
WHERE call_date >= $first_day
ORDER BY call_date, agent_name, campaign
