/*
description: >-
  The answered calls of each agent on the newest seven days with calls carry the same metadata keys as those of the 28
  days before: no key is new, none has vanished. A key counts as new or vanished when the other days, had they gone on
  like these, would lack it by chance less than once in a million times; so a rare key needs many calls to be missed.
asset: main.call_metadata
says: "{rows} metadata keys are new or have vanished."
each: "{agent_name}: {key} {change}, {recent} of {recent_calls} calls lately and {past} of {past_calls} before"
*/
WITH newest AS (
    SELECT max(calls.call_date) AS call_date
    FROM main.calls AS calls
    CROSS JOIN checks.clock AS clock
    WHERE calls.is_answered AND calls.call_date <= clock.today
),
calls AS (
    SELECT
        calls.agent_name,
        count(*) FILTER (WHERE calls.call_date > newest.call_date - 7) AS recent_calls,
        count(*) FILTER (WHERE calls.call_date <= newest.call_date - 7) AS past_calls
    FROM main.calls AS calls
    CROSS JOIN newest
    WHERE calls.is_answered AND calls.call_date BETWEEN newest.call_date - 34 AND newest.call_date
    GROUP BY calls.agent_name
),
daily AS (
    SELECT agent_name, key, call_date, count(*) AS calls
    FROM main.call_metadata
    WHERE call_date BETWEEN (SELECT call_date - 34 FROM newest) AND (SELECT call_date FROM newest)
    GROUP BY agent_name, key, call_date
),
keys AS (
    SELECT
        daily.agent_name,
        daily.key,
        (coalesce(sum(daily.calls) FILTER (WHERE daily.call_date > newest.call_date - 7), 0))::BIGINT AS recent,
        (coalesce(sum(daily.calls) FILTER (WHERE daily.call_date <= newest.call_date - 7), 0))::BIGINT AS past
    FROM daily
    CROSS JOIN newest
    GROUP BY daily.agent_name, daily.key
)
SELECT
    keys.agent_name,
    keys.key,
    CASE WHEN keys.past = 0 THEN 'is new' ELSE 'has vanished' END AS change,
    keys.recent,
    calls.recent_calls,
    keys.past,
    calls.past_calls
FROM keys
INNER JOIN calls ON calls.agent_name IS NOT DISTINCT FROM keys.agent_name
WHERE
    (keys.past = 0 OR keys.recent = 0)
    AND calls.recent_calls > 0
    AND calls.past_calls > 0
    -- The chance of not one in the other calls, at the share in these.
    AND (
        1
        - least(1, CASE WHEN keys.past = 0 THEN keys.recent / calls.recent_calls ELSE keys.past / calls.past_calls END)
    )
    ** (CASE WHEN keys.past = 0 THEN calls.past_calls ELSE calls.recent_calls END) < 1e-6
ORDER BY keys.agent_name, keys.key
