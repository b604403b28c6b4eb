/*
description: >-
  The contacts of marts.redial_backlog, counted, without anything that depends on the hour: state and age are computed
  where the page is read, as in the mart. A contact's campaign is that of its latest call.
grain: [agent_name, campaign, since, due_at, stale_at, is_stopped, is_exhausted, reason]
columns:
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL is a group of its own.}
  campaign: {type: VARCHAR, description: "Value of the campaign key in the call's context; (none) without one."}
  since: {type: TIMESTAMPTZ, description: Time of the first call of the unbroken run that needs a redial.}
  due_at: {type: TIMESTAMPTZ, description: When the shortest gap after the latest call is over.}
  stale_at: {type: TIMESTAMPTZ, description: When the contact becomes stale; NULL where no such age is set.}
  is_stopped: {type: BOOLEAN, description: Whether a call of the contact says not to call again.}
  is_exhausted: {type: BOOLEAN, description: Whether it was tried without an answer as often as is allowed.}
  reason: {type: VARCHAR, description: "requested or unanswered."}
  contacts: {type: BIGINT, description: Contacts that are alike in all of this., unit: contacts}
*/
WITH waiting AS (
    SELECT
        backlog.contact_number,
        backlog.agent_name,
        backlog.since,
        backlog.due_at,
        backlog.stale_at,
        stops.stop_word IS NOT NULL AS is_stopped,
        backlog.is_exhausted,
        backlog.reason,
        backlog.last_task_id,
        backlog.last_call_date,
        backlog.last_called_at
    FROM staging.redial_backlog AS backlog
    LEFT JOIN staging.contact_stops AS stops ON stops.contact_number = backlog.contact_number
),
-- Of several calls of one answer to one contact at one moment, the last is the latest. Without a configured key, calls
-- have no campaign and need not be read.
campaigns AS (
    SELECT
        waiting.contact_number,
        waiting.agent_name,
        max({ 'call_index': calls.call_index, 'campaign': campaigns.campaign }).campaign AS campaign
    FROM waiting
    INNER JOIN staging.call_facts AS calls
        ON
            calls.task_id = waiting.last_task_id
            AND calls.call_date = waiting.last_call_date
            AND calls.contact_number = waiting.contact_number
            AND calls.called_at = waiting.last_called_at
            AND calls.agent_name IS NOT DISTINCT FROM waiting.agent_name
            AND calls.is_contact_call
    LEFT JOIN staging.call_campaigns AS campaigns
        ON
            campaigns.task_id = calls.task_id
            AND campaigns.call_index = calls.call_index
            AND campaigns.call_date = calls.call_date
    WHERE (SELECT settings.campaign_key IS NOT NULL FROM pipeline.settings AS settings)
    GROUP BY waiting.contact_number, waiting.agent_name
)
SELECT
    waiting.agent_name,
    coalesce(campaigns.campaign, '(none)') AS campaign,
    waiting.since,
    waiting.due_at,
    waiting.stale_at,
    waiting.is_stopped,
    waiting.is_exhausted,
    waiting.reason,
    count(*) AS contacts
FROM waiting
LEFT JOIN campaigns
    ON
        campaigns.contact_number = waiting.contact_number
        AND campaigns.agent_name IS NOT DISTINCT FROM waiting.agent_name
GROUP BY ALL
ORDER BY ALL
