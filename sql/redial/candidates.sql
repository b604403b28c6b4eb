/*
The contacts that may be redialled: those in the backlog, and those with an appointment. The gap counts from the latest
call of any agent, because it is one phone that rings. The limits on attempts and age are for contacts without an
appointment. Times are microseconds since 1970.

$states: backlog states that may be called. $states_if_asked: those that may be called only with an appointment.
$gap: shortest time between two calls, in microseconds.
*/
-- The latest callback request of each contact and agent, if its time is not over. Kept and missed ones do not count.
WITH requests AS (
    SELECT *
    FROM (
        SELECT *
        FROM marts.callbacks
        WHERE state <> 'not_understood' AND contact_number IS NOT NULL
        QUALIFY row_number() OVER (
            PARTITION BY contact_number, agent_name ORDER BY called_at DESC, task_id DESC, call_index DESC
        ) = 1
    )
    WHERE state = 'due'
),
-- Where these contacts are with each agent: the latest contact call, and the latest that was answered.
latest AS (
    SELECT
        contact_number,
        agent_name,
        max(
            { 'called_at': called_at, 'task_id': task_id, 'call_index': call_index, 'outcome': outcome }
        ) AS last_call,
        max({ 'called_at': called_at, 'task_id': task_id, 'call_index': call_index }) FILTER (WHERE is_answered)
            AS last_answered
    FROM staging.call_facts
    WHERE is_contact_call AND contact_number IN (SELECT requests.contact_number FROM requests)
    GROUP BY contact_number, agent_name
),
-- A later answered call with the same agent replaces the request; dials without an answer, and other agents, do not.
appointments AS (
    SELECT
        requests.*,
        latest.last_call['task_id'] AS last_task_id,
        latest.last_call['outcome'] AS last_outcome
    FROM requests
    INNER JOIN latest
        ON
            latest.contact_number = requests.contact_number
            AND latest.agent_name IS NOT DISTINCT FROM requests.agent_name
    WHERE
        latest.last_answered IS NULL
        OR latest.last_answered <= {
            'called_at': requests.called_at, 'task_id': requests.task_id, 'call_index': requests.call_index
        }
),
-- Calls that have not ended, and when they were last seen. The answer may be old, so the gap ends them too.
under_way AS (
    SELECT facts.contact_number, max(greatest(epoch_us(facts.called_at), epoch_us(calls.fetched_at))) AS seen_us
    FROM staging.call_facts AS facts
    INNER JOIN main.calls AS calls
        ON
            calls.call_date = facts.call_date
            AND calls.task_id = facts.task_id
            AND calls.call_index = facts.call_index
    WHERE facts.outcome = 'in_progress' AND calls.ended_at IS NULL AND facts.contact_number IS NOT NULL
    GROUP BY facts.contact_number
),
backlog AS (
    SELECT
        backlog.contact_number,
        backlog.agent_name,
        backlog.attempts,
        epoch_us(backlog.since) AS since_us,
        epoch_us(backlog.due_at) + epoch_us(contacts.last_called_at) - epoch_us(backlog.last_called_at) AS due_us,
        backlog.reason,
        backlog.last_task_id,
        backlog.last_outcome,
        backlog.last_from_number,
        epoch_us(appointments.requested_at) AS requested_us
    FROM marts.redial_backlog AS backlog
    INNER JOIN marts.contacts AS contacts ON contacts.contact_number = backlog.contact_number
    LEFT JOIN appointments
        ON
            appointments.contact_number = backlog.contact_number
            AND appointments.agent_name IS NOT DISTINCT FROM backlog.agent_name
    WHERE
        backlog.state IN (SELECT unnest($states))
        OR (backlog.state IN (SELECT unnest($states_if_asked)) AND appointments.requested_at IS NOT NULL)
),
asked AS (
    SELECT
        appointments.contact_number,
        appointments.agent_name,
        0 AS attempts,
        epoch_us(appointments.called_at) AS since_us,
        epoch_us(contacts.last_called_at) + $gap AS due_us,
        'requested' AS reason,
        appointments.last_task_id,
        appointments.last_outcome,
        CASE WHEN NOT calls.is_inbound THEN calls.from_number_e164 END AS last_from_number,
        epoch_us(appointments.requested_at) AS requested_us
    FROM appointments
    INNER JOIN staging.call_facts AS calls
        ON
            calls.call_date = appointments.call_date
            AND calls.task_id = appointments.task_id
            AND calls.call_index = appointments.call_index
    INNER JOIN marts.contacts AS contacts ON contacts.contact_number = appointments.contact_number
    WHERE
        calls.is_contact_call
        AND NOT EXISTS (
            SELECT 1 FROM staging.contact_stops AS stops WHERE stops.contact_number = appointments.contact_number
        )
        AND NOT EXISTS (
            SELECT 1
            FROM marts.redial_backlog AS waiting
            WHERE
                waiting.contact_number = appointments.contact_number
                AND waiting.agent_name IS NOT DISTINCT FROM appointments.agent_name
        )
),
candidates AS (
    SELECT * FROM backlog
    UNION ALL
    SELECT * FROM asked
)
SELECT candidates.* REPLACE (greatest(candidates.due_us, under_way.seen_us + $gap) AS due_us)
FROM candidates
LEFT JOIN under_way ON under_way.contact_number = candidates.contact_number
