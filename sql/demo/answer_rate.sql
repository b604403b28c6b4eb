/*
The answer rate of all dialled calls, with its 95% bounds.
*/
SELECT
    calls, answered, round(answered / calls, 3) AS answer_rate,
    round(staging.wilson_low(answered, calls), 3) AS low, round(staging.wilson_high(answered, calls), 3) AS high
FROM (SELECT sum(calls)::BIGINT AS calls, sum(answered_calls)::BIGINT AS answered FROM marts.answer_rate)
