/*
description: >-
  One row per contact call with a number: when next something happened with the same contact and agent, and what became
  of the tries to reach that contact. Later calls are those behind it in the order of time, then task_id, then
  call_index.
grain: [contact_number, place]
incremental_by: [contact_number]
columns:
  contact_number: {type: VARCHAR, description: "The other party's number.", privacy: personal}
  place: {type: BIGINT, description: "Place in time among the calls of this contact, of whichever agent, from 1."}
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL is a group of its own.}
  call_date: {type: DATE, description: "The task's day in the configured time zone."}
  called_at: {type: TIMESTAMPTZ, description: When the call took place.}
  says_redial: {type: BOOLEAN, description: Whether its next action is mapped to redial.}
  is_yes: {type: BOOLEAN, description: Whether its interest means yes.}
  interest_confidence: {type: DOUBLE, description: "The confidence it states, where it was answered.", unit: share}
  dialled_at: {type: TIMESTAMPTZ, description: Time of the first later dialled call.}
  reached_at: {type: TIMESTAMPTZ, description: Time of the first later dialled call that was answered.}
  won_at: {type: TIMESTAMPTZ, description: "Time of the first later dialled call that was answered and whose interest means yes."}
  spoken_at: {type: TIMESTAMPTZ, description: "Time of the first later contact call that was answered, inbound ones too."}
  happened_at: {type: TIMESTAMPTZ, description: "Time of the first later contact call that was answered and whose interest means yes or next action convert."}
  last_try: {type: BIGINT, description: "Which dialled call of this contact and agent it is, from 1, where it is the first answered one, or the last one and none was answered; NULL for all other calls."}
  is_reached: {type: BOOLEAN, description: "Whether that last try was answered; NULL for all other calls."}
*/
WITH followed AS (
    SELECT
        *,
        min(called_at) FILTER (WHERE is_dialled) OVER later AS dialled_at,
        min(called_at) FILTER (WHERE is_dialled AND is_answered) OVER later AS reached_at,
        min(called_at) FILTER (WHERE is_dialled AND is_answered AND interested = 'yes') OVER later AS won_at,
        min(called_at) FILTER (WHERE is_answered) OVER later AS spoken_at,
        min(called_at) FILTER (
            WHERE is_answered AND (interested = 'yes' OR action_meaning = 'convert')
        ) OVER later AS happened_at,
        count(*) FILTER (WHERE is_dialled) OVER so_far AS try,
        count(*) FILTER (WHERE is_dialled AND is_answered) OVER so_far AS reaches
    FROM staging.contact_calls
    WHERE calls > 1
    WINDOW
        later AS (
            PARTITION BY agent_name, contact_number ORDER BY place ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
        ),
        so_far AS (
            PARTITION BY agent_name, contact_number ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        )
),
tried AS (
    SELECT
        *,
        is_dialled
        AND CASE WHEN is_answered THEN reaches = 1 ELSE reaches = 0 AND dialled_at IS NULL END AS is_last_try
    FROM followed
)
SELECT
    contact_number,
    place,
    agent_name,
    call_date,
    called_at,
    says_redial,
    coalesce(interested = 'yes', false) AS is_yes,
    CASE WHEN is_answered THEN interest_confidence END AS interest_confidence,
    dialled_at,
    reached_at,
    won_at,
    spoken_at,
    happened_at,
    CASE WHEN is_last_try THEN try END AS last_try,
    CASE WHEN is_last_try THEN is_answered END AS is_reached
FROM tried
UNION ALL
-- The only call of a contact, as most are, has nothing behind it.
SELECT
    contact_number,
    place,
    agent_name,
    call_date,
    called_at,
    says_redial,
    coalesce(interested = 'yes', false),
    CASE WHEN is_answered THEN interest_confidence END,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    CASE WHEN is_dialled THEN 1 END,
    CASE WHEN is_dialled THEN is_answered END
FROM staging.contact_calls
WHERE calls = 1
