/*
description: >-
  One row per contact, agent and day on which the contact came into the redial backlog or left it, going by the calls
  of that day and earlier ones.
grain: [contact_number, agent_name, call_date]
incremental_by: [contact_number]
columns:
  contact_number: {type: VARCHAR, description: "The other party's number.", privacy: personal}
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL is a group of its own.}
  call_date: {type: DATE, description: The day of the change.}
  change: {type: INTEGER, description: "1 when the contact came into the backlog, -1 when it left."}
*/
-- A call of an earlier day may be later in time, so a day's last call is not always the latest so far. Place and need
-- share one number, so that the largest so far carries the need of the latest call so far: odd means waiting.
WITH standings AS (
    SELECT
        agent_name,
        contact_number,
        call_date,
        max(max(2 * place + needs_redial::INTEGER)) OVER (
            PARTITION BY agent_name, contact_number ORDER BY call_date
        ) % 2 AS is_waiting
    FROM staging.contact_calls
    WHERE calls > 1
    GROUP BY agent_name, contact_number, call_date
),
changes AS (
    SELECT
        contact_number,
        agent_name,
        call_date,
        (
            is_waiting - lag(is_waiting, 1, 0) OVER (PARTITION BY agent_name, contact_number ORDER BY call_date)
        )::INTEGER AS change
    FROM standings
)
SELECT contact_number, agent_name, call_date, change
FROM changes
WHERE change <> 0
UNION ALL
-- The only call of a contact, as most are, brings it in or does not.
SELECT contact_number, agent_name, call_date, 1
FROM staging.contact_calls
WHERE calls = 1 AND needs_redial
