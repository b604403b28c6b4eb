/*
description: >-
  On the newest seven days with calls, each agent dials about as many calls as on the 28 days before the day in question.
  Only days that are over and on which anybody dialled count, an agent without calls then with 0; at least 7 such days
  must lie behind, and 20 calls a day be usual. Usual is the median; far is less than half or more than twice of it, and
  more than four standard deviations off, computed with logarithms (1.4826 times the median absolute deviation) together
  with what chance alone gives (Poisson).
asset: marts.answer_rate
says: "The number of calls is far from usual {rows} times."
each: "{call_date}, {agent_name}: {calls} calls, where {usual_calls:.0f} are usual"
*/
WITH rates AS (
    SELECT rates.call_date, rates.agent_name, rates.calls
    FROM marts.answer_rate AS rates
    CROSS JOIN checks.clock AS clock
    WHERE
        rates.call_date < clock.today
        AND rates.call_date > (
            SELECT max(newest.call_date)
            FROM marts.answer_rate AS newest
            CROSS JOIN checks.clock AS clock
            WHERE newest.call_date < clock.today
        ) - 35
),
volumes AS (
    SELECT dates.call_date, agents.agent_name, coalesce(rates.calls, 0) AS calls
    FROM (SELECT DISTINCT call_date FROM rates) AS dates
    INNER JOIN (SELECT agent_name, min(call_date) AS first_day FROM rates GROUP BY agent_name) AS agents
        ON agents.first_day <= dates.call_date
    LEFT JOIN rates
        ON
            rates.call_date = dates.call_date
            AND rates.agent_name IS NOT DISTINCT FROM agents.agent_name
),
compared AS (
    SELECT
        recent.call_date,
        recent.agent_name,
        recent.calls,
        median(past.calls) AS usual_calls,
        1.4826 * mad(ln(past.calls + 1)) AS spread
    FROM volumes AS recent
    INNER JOIN volumes AS past
        ON
            past.agent_name IS NOT DISTINCT FROM recent.agent_name
            AND past.call_date BETWEEN recent.call_date - 28 AND recent.call_date - 1
    WHERE recent.call_date > (SELECT max(call_date) FROM volumes) - 7
    GROUP BY recent.call_date, recent.agent_name, recent.calls
    HAVING count(*) >= 7
)
SELECT call_date, agent_name, calls, usual_calls
FROM compared
WHERE
    usual_calls >= 20
    AND abs(ln(calls + 1) - ln(usual_calls + 1))
    > greatest(ln(2), 4 * sqrt(spread ** 2 + 1 / (usual_calls + 1)))
ORDER BY call_date, agent_name
