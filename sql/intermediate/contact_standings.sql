/*
description: >-
  One row per contact number with at least one contact call, over all agents: the stored form of marts.contacts, which
  only puts the rows in order.
grain: [contact_number]
incremental_by: [contact_number]
columns_of: marts.contacts
*/
SELECT
    contact_number,
    count(*) AS calls,
    count(*) FILTER (WHERE is_dialled) AS attempts,
    count(*) FILTER (WHERE is_dialled AND is_answered) AS answered_attempts,
    count(*) FILTER (WHERE is_inbound) AS inbound_calls,
    bool_or(is_answered) AS is_reached,
    min(called_at) AS first_called_at,
    max(called_at) AS last_called_at,
    max(called_at) FILTER (WHERE is_answered) AS last_answered_at,
    max(call_date) FILTER (WHERE place = calls) AS last_call_date,
    max(task_id) FILTER (WHERE place = calls) AS last_task_id,
    max(outcome) FILTER (WHERE place = calls) AS last_outcome,
    max(agent_name) FILTER (WHERE place = calls) AS last_agent_name,
    len(list_distinct(list(agent_name))) + bool_or(agent_name IS NULL)::BIGINT AS agents,
    list_sort(list_distinct(list(agent_name))) AS agent_names,
    arg_max(interest_status, place) FILTER (WHERE interested IS NOT NULL) AS latest_interest,
    arg_max(interested, place) AS latest_interested,
    CASE
        WHEN bool_or(interested = 'yes') THEN 'yes'
        WHEN bool_or(interested = 'unknown') THEN 'unknown'
        WHEN bool_or(interested = 'no') THEN 'no'
    END AS best_interested,
    arg_max(next_action, place) FILTER (WHERE action_meaning IS NOT NULL) AS latest_next_action,
    arg_max(action_meaning, place) AS latest_action_meaning,
    arg_max(stop_word, place) AS stop_word
FROM staging.contact_calls
WHERE calls > 1
GROUP BY contact_number
UNION ALL
-- The only call of a contact, as most are, is all there is to add up.
SELECT
    contact_number,
    1,
    is_dialled::BIGINT,
    (is_dialled AND is_answered)::BIGINT,
    is_inbound::BIGINT,
    is_answered,
    called_at,
    called_at,
    CASE WHEN is_answered THEN called_at END,
    call_date,
    task_id,
    outcome,
    agent_name,
    1,
    CASE WHEN agent_name IS NULL THEN [] ELSE [agent_name] END,
    CASE WHEN interested IS NOT NULL THEN interest_status END,
    interested,
    interested,
    CASE WHEN action_meaning IS NOT NULL THEN next_action END,
    action_meaning,
    stop_word
FROM staging.contact_calls
WHERE calls = 1
