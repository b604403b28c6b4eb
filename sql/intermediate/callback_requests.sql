/*
description: >-
  One row per call that asks for another call: the stored part of marts.callbacks, all of it but what depends on the
  hour at which it is read.
grain: [task_id, call_index]
incremental_by: [contact_number]
columns:
  task_id: {type: VARCHAR, description: The Dialflo task id., privacy: pseudonym}
  call_index: {type: INTEGER, description: "Place of the call in the task's answer, from 0."}
  call_date: {type: DATE, description: "The task's day in the configured time zone."}
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL where the call names none.}
  contact_number: {type: VARCHAR, description: The other party's number; NULL if there is none., privacy: personal}
  called_at: {type: TIMESTAMPTZ, description: When the call took place.}
  key: {type: VARCHAR, description: The metadata key that was read.}
  requested_text: {type: VARCHAR, description: "Its value, as sent.", privacy: personal}
  requested_at: {type: TIMESTAMPTZ, description: The time meant; NULL if not understood.}
  is_whole_day: {type: BOOLEAN, description: Whether a day was meant rather than a time of day; NULL if not understood.}
  starts_at: {type: TIMESTAMPTZ, description: From when on a call keeps the request.}
  ends_at: {type: TIMESTAMPTZ, description: "Until when a call keeps the request, this moment included."}
  kept_task_id: {type: VARCHAR, description: Task of the first call that kept it., privacy: pseudonym}
  kept_at: {type: TIMESTAMPTZ, description: When that call took place.}
*/
WITH requests AS (
    SELECT
        calls.task_id,
        calls.call_index,
        calls.call_date,
        calls.agent_name,
        calls.contact_number,
        calls.called_at,
        callbacks.key,
        callbacks.text AS requested_text,
        callbacks.requested_at,
        callbacks.is_whole_day,
        callbacks.starts_at,
        callbacks.ends_at
    FROM pipeline.callbacks AS callbacks
    INNER JOIN staging.call_facts AS calls
        ON
            calls.call_date = callbacks.call_date
            AND calls.task_id = callbacks.task_id
            AND calls.call_index = callbacks.call_index
),
kept AS (
    SELECT
        requests.task_id,
        requests.call_index,
        arg_min(later.task_id, later.place) AS kept_task_id,
        min(later.called_at) AS kept_at
    FROM requests
    INNER JOIN staging.contact_calls AS later
        ON
            later.contact_number = requests.contact_number
            AND later.agent_name IS NOT DISTINCT FROM requests.agent_name
            AND later.called_at >= requests.starts_at
            AND later.called_at <= requests.ends_at
    WHERE
        later.called_at > requests.called_at
        OR (
            later.called_at = requests.called_at
            AND (
                later.task_id > requests.task_id
                OR (later.task_id = requests.task_id AND later.call_index > requests.call_index)
            )
        )
    GROUP BY requests.task_id, requests.call_index
)
SELECT
    requests.*,
    kept.kept_task_id,
    kept.kept_at
FROM requests
LEFT JOIN kept ON kept.task_id = requests.task_id AND kept.call_index = requests.call_index
