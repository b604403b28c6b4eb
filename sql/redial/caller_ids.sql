/*
The latest health of each calling number, and whether it made a call in the last 28 days with calls.
*/
SELECT
    from_number_e164, flag, answer_rate_7d_low,
    call_date > (SELECT max(call_date) FROM marts.caller_id_health) - 28
FROM marts.caller_id_health
WHERE from_number_e164 IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY from_number_e164 ORDER BY call_date DESC) = 1
