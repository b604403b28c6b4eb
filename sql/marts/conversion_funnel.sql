/*
question: Where do we lose people between dialling and what we want of them?
description: >-
  One row per day, agent and campaign with at least one dialled call. Each step counts calls of the step before: dialled,
  answered, engaged, interested, action, converted.
means_not: >-
  The number of people who took each step: every call counts, and all steps are within one call. interested_calls and
  converted_calls are never more than in agent_daily, which does not ask for the steps before.
grain: [call_date, agent_name, campaign]
incremental_by: [call_date]
columns:
  call_date: {type: DATE, description: "The tasks' day in the configured time zone."}
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL is a group of its own.}
  campaign: {type: VARCHAR, description: "Value of the campaign key in the call's context; (none) without one.", privacy: personal}
  dialled_calls: {type: BIGINT, description: Dialled calls., unit: calls, sum: true}
  answered_calls: {type: BIGINT, description: Dialled calls that were answered., unit: calls, sum: true}
  engaged_calls: {type: BIGINT, description: Answered calls that lasted long enough., unit: calls, sum: true}
  interested_calls: {type: BIGINT, description: Engaged calls whose interest means yes., unit: calls, sum: true}
  action_calls: {type: BIGINT, description: "Interested calls with a next action other than to redial or stop; of words that no mapping knows, too.", unit: calls, sum: true}
  converted_calls: {type: BIGINT, description: Interested calls whose next action means convert., unit: calls, sum: true}
  answer_rate: {type: DOUBLE, ratio: [answered_calls, dialled_calls], unit: share}
  answer_rate_low: {type: DOUBLE, unit: share}
  answer_rate_high: {type: DOUBLE, unit: share}
  engaged_rate: {type: DOUBLE, ratio: [engaged_calls, answered_calls], unit: share}
  engaged_rate_low: {type: DOUBLE, unit: share}
  engaged_rate_high: {type: DOUBLE, unit: share}
  interested_rate: {type: DOUBLE, ratio: [interested_calls, engaged_calls], unit: share}
  interested_rate_low: {type: DOUBLE, unit: share}
  interested_rate_high: {type: DOUBLE, unit: share}
  action_rate: {type: DOUBLE, ratio: [action_calls, interested_calls], unit: share}
  action_rate_low: {type: DOUBLE, unit: share}
  action_rate_high: {type: DOUBLE, unit: share}
  converted_rate: {type: DOUBLE, ratio: [converted_calls, action_calls], unit: share}
  converted_rate_low: {type: DOUBLE, unit: share}
  converted_rate_high: {type: DOUBLE, unit: share}
  action_per_dialled: {type: DOUBLE, ratio: [action_calls, dialled_calls], unit: share}
  action_per_dialled_low: {type: DOUBLE, unit: share}
  action_per_dialled_high: {type: DOUBLE, unit: share}
  converted_per_dialled: {type: DOUBLE, ratio: [converted_calls, dialled_calls], unit: share}
  converted_per_dialled_low: {type: DOUBLE, unit: share}
  converted_per_dialled_high: {type: DOUBLE, unit: share}
*/
WITH counted AS (
    SELECT
        call_date,
        agent_name,
        campaign,
        count(*) AS dialled_calls,
        count(*) FILTER (WHERE is_answered) AS answered_calls,
        count(*) FILTER (WHERE is_engaged) AS engaged_calls,
        count(*) FILTER (WHERE is_interested) AS interested_calls,
        count(*) FILTER (WHERE has_action) AS action_calls,
        count(*) FILTER (WHERE is_converted) AS converted_calls
    FROM staging.call_steps
    GROUP BY call_date, agent_name, campaign
)
SELECT
    *,
    staging.rate(answered_calls, dialled_calls) AS answer_rate,
    staging.wilson_low(answered_calls, dialled_calls) AS answer_rate_low,
    staging.wilson_high(answered_calls, dialled_calls) AS answer_rate_high,
    staging.rate(engaged_calls, answered_calls) AS engaged_rate,
    staging.wilson_low(engaged_calls, answered_calls) AS engaged_rate_low,
    staging.wilson_high(engaged_calls, answered_calls) AS engaged_rate_high,
    staging.rate(interested_calls, engaged_calls) AS interested_rate,
    staging.wilson_low(interested_calls, engaged_calls) AS interested_rate_low,
    staging.wilson_high(interested_calls, engaged_calls) AS interested_rate_high,
    staging.rate(action_calls, interested_calls) AS action_rate,
    staging.wilson_low(action_calls, interested_calls) AS action_rate_low,
    staging.wilson_high(action_calls, interested_calls) AS action_rate_high,
    staging.rate(converted_calls, action_calls) AS converted_rate,
    staging.wilson_low(converted_calls, action_calls) AS converted_rate_low,
    staging.wilson_high(converted_calls, action_calls) AS converted_rate_high,
    staging.rate(action_calls, dialled_calls) AS action_per_dialled,
    staging.wilson_low(action_calls, dialled_calls) AS action_per_dialled_low,
    staging.wilson_high(action_calls, dialled_calls) AS action_per_dialled_high,
    staging.rate(converted_calls, dialled_calls) AS converted_per_dialled,
    staging.wilson_low(converted_calls, dialled_calls) AS converted_per_dialled_low,
    staging.wilson_high(converted_calls, dialled_calls) AS converted_per_dialled_high
FROM counted
ORDER BY call_date, agent_name, campaign
