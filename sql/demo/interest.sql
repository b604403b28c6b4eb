/*
The eight most frequent interests of answered calls.
*/
SELECT interest_status, sum(calls)::BIGINT AS calls, round(sum(calls) / sum(sum(calls)) OVER (), 3) AS share
FROM marts.interest_distribution GROUP BY interest_status ORDER BY calls DESC, interest_status ASC LIMIT 8
