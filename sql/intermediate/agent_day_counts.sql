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
WITH counted AS (
    SELECT
        call_date,
        agent_name,
        count(*) FILTER (WHERE is_dialled) AS calls,
        count(*) FILTER (WHERE is_dialled AND is_answered) AS answered_calls,
        count(*) FILTER (WHERE is_inbound) AS inbound_calls,
        count(*) FILTER (WHERE is_inbound AND is_answered) AS answered_inbound_calls,
        count(talk_seconds) AS talks,
        staging.mean(talk_seconds) AS avg_talk_seconds,
        median(talk_seconds) AS median_talk_seconds,
        count(*) FILTER (WHERE is_dialled AND is_answered AND interested = 'yes') AS interested_calls,
        count(*) FILTER (WHERE is_dialled AND is_answered AND action_meaning = 'convert') AS converted_calls,
        count(*) FILTER (WHERE is_dialled AND needs_redial) AS redial_calls
    FROM (
        SELECT *, CASE WHEN is_dialled AND is_answered THEN duration_seconds END AS talk_seconds FROM staging.call_facts
    )
    GROUP BY call_date, agent_name
),
-- Grouped twice: to count different numbers directly costs more.
dialled_contacts AS (
    SELECT call_date, agent_name, contact_number, bool_or(is_answered) AS is_reached
    FROM staging.call_facts
    WHERE is_dialled AND contact_number IS NOT NULL
    GROUP BY call_date, agent_name, contact_number
),
met AS (
    SELECT call_date, agent_name, count(*) AS contacts, count(*) FILTER (WHERE is_reached) AS reached_contacts
    FROM dialled_contacts
    GROUP BY call_date, agent_name
)
SELECT
    counted.call_date,
    counted.agent_name,
    counted.calls,
    counted.answered_calls,
    coalesce(met.contacts, 0) AS contacts,
    coalesce(met.reached_contacts, 0) AS reached_contacts,
    counted.inbound_calls,
    counted.answered_inbound_calls,
    -- From the mean, which is added up in one order already.
    coalesce(counted.avg_talk_seconds / 60 * counted.talks, 0) AS talk_minutes,
    counted.avg_talk_seconds,
    counted.median_talk_seconds,
    counted.interested_calls,
    counted.converted_calls,
    counted.redial_calls
FROM counted
LEFT JOIN met ON met.call_date = counted.call_date AND met.agent_name IS NOT DISTINCT FROM counted.agent_name
ORDER BY counted.call_date, counted.agent_name
