/*
description: One row per day and agent with at least one call of any kind, and what its calls add up to.
grain: [call_date, agent_name]
incremental_by: [call_date]
columns:
  call_date: {type: DATE, description: "The tasks' day in the configured time zone."}
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL is a group of its own.}
  calls: {type: BIGINT, description: Dialled calls., unit: calls}
  answered_calls: {type: BIGINT, description: Those of them that were answered., unit: calls}
  contacts: {type: BIGINT, description: Different contact numbers of the dialled calls., unit: contacts}
  reached_contacts: {type: BIGINT, description: Those of them with a dialled call that was answered., unit: contacts}
  inbound_calls: {type: BIGINT, description: Inbound calls., unit: calls}
  answered_inbound_calls: {type: BIGINT, description: Those of them that were answered., unit: calls}
  talk_minutes: {type: DOUBLE, description: Sum of the known lengths of the answered dialled calls., unit: minutes}
  avg_talk_seconds: {type: DOUBLE, description: Mean of the same lengths., unit: seconds}
  median_talk_seconds: {type: DOUBLE, description: Median of the same lengths., unit: seconds}
  interested_calls: {type: BIGINT, description: Answered dialled calls whose interest means yes., unit: calls}
  converted_calls: {type: BIGINT, description: Answered dialled calls whose next action means convert., unit: calls}
  redial_calls: {type: BIGINT, description: Dialled calls that need a redial., unit: calls}
*/
-- By contact first: to count different numbers directly costs twice as much.
WITH by_contact AS (
    SELECT
        call_date,
        agent_name,
        count(contact_number) > 0 AS has_number,
        count(*) FILTER (WHERE is_dialled) AS calls,
        count(*) FILTER (WHERE is_dialled AND is_answered) AS answered_calls,
        count(*) FILTER (WHERE is_inbound) AS inbound_calls,
        count(*) FILTER (WHERE is_inbound AND is_answered) AS answered_inbound_calls,
        count(*) FILTER (WHERE is_dialled AND is_answered AND interested = 'yes') AS interested_calls,
        count(*) FILTER (WHERE is_dialled AND is_answered AND action_meaning = 'convert') AS converted_calls,
        count(*) FILTER (WHERE is_dialled AND needs_redial) AS redial_calls
    FROM staging.call_facts
    GROUP BY call_date, agent_name, contact_number
),
counted AS (
    SELECT
        call_date,
        agent_name,
        sum(calls)::BIGINT AS calls,
        sum(answered_calls)::BIGINT AS answered_calls,
        count(*) FILTER (WHERE has_number AND calls > 0) AS contacts,
        count(*) FILTER (WHERE has_number AND answered_calls > 0) AS reached_contacts,
        sum(inbound_calls)::BIGINT AS inbound_calls,
        sum(answered_inbound_calls)::BIGINT AS answered_inbound_calls,
        sum(interested_calls)::BIGINT AS interested_calls,
        sum(converted_calls)::BIGINT AS converted_calls,
        sum(redial_calls)::BIGINT AS redial_calls
    FROM by_contact
    GROUP BY call_date, agent_name
),
talked AS (
    SELECT
        call_date,
        agent_name,
        sum(duration_seconds / 60 ORDER BY duration_seconds) AS talk_minutes,
        staging.mean(duration_seconds) AS avg_talk_seconds,
        median(duration_seconds) AS median_talk_seconds
    FROM staging.call_facts
    WHERE is_dialled AND is_answered
    GROUP BY call_date, agent_name
)
SELECT
    counted.call_date,
    counted.agent_name,
    counted.calls,
    counted.answered_calls,
    counted.contacts,
    counted.reached_contacts,
    counted.inbound_calls,
    counted.answered_inbound_calls,
    coalesce(talked.talk_minutes, 0) AS talk_minutes,
    talked.avg_talk_seconds,
    talked.median_talk_seconds,
    counted.interested_calls,
    counted.converted_calls,
    counted.redial_calls
FROM counted
LEFT JOIN talked
    ON talked.call_date = counted.call_date AND talked.agent_name IS NOT DISTINCT FROM counted.agent_name
ORDER BY counted.call_date, counted.agent_name
