/*
description: >-
  On the newest seven days with calls, each agent's answer rate is near that of the 28 days before the day in question.
  Only days that are over and have at least 30 dialled calls count, and at least 7 such days must lie behind. Usual is
  the median of the daily rates; far is more than four standard deviations off. The deviation is that of the daily rates
  (1.4826 times their median absolute deviation, so that single odd days do not count) together with what chance alone
  gives for so few calls (binomial).
asset: marts.answer_rate
says: "The answer rate is far from usual {rows} times."
each: "{call_date}, {agent_name}: {answer_rate:.1%} of {calls} calls answered, where {usual_rate:.1%} is usual"
*/
WITH days AS (
    SELECT rates.call_date, rates.agent_name, rates.calls, rates.answer_rate
    FROM marts.answer_rate AS rates
    CROSS JOIN checks.clock AS clock
    WHERE rates.call_date < clock.today AND rates.calls >= 30
),
compared AS (
    SELECT
        recent.call_date,
        recent.agent_name,
        recent.calls,
        recent.answer_rate,
        median(past.answer_rate) AS usual_rate,
        1.4826 * mad(past.answer_rate) AS spread,
        count(*) AS past_days
    FROM days AS recent
    INNER JOIN days AS past
        ON
            past.agent_name IS NOT DISTINCT FROM recent.agent_name
            AND past.call_date BETWEEN recent.call_date - 28 AND recent.call_date - 1
    WHERE recent.call_date > (SELECT max(call_date) FROM days) - 7
    GROUP BY recent.call_date, recent.agent_name, recent.calls, recent.answer_rate
),
expected AS (
    -- One answered and one unanswered call more, so that chance keeps some room at rates of 0 and 1.
    SELECT *, (usual_rate * calls + 1) / (calls + 2) AS likely_rate FROM compared WHERE past_days >= 7
)
SELECT call_date, agent_name, calls, answer_rate, usual_rate
FROM expected
WHERE abs(answer_rate - usual_rate) > 4 * sqrt(spread ** 2 + likely_rate * (1 - likely_rate) / calls)
ORDER BY call_date, agent_name
