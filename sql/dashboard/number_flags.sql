/*
description: What marts.caller_id_health says of each calling number on its last day, from a day on.
grain: [from_number_e164]
columns:
  from_number_e164: {type: VARCHAR, description: Calling number in E.164., privacy: personal}
  call_date: {type: DATE, description: The last day with a call from it.}
  flag: {type: VARCHAR, description: "below_both, below_baseline or below_peers."}
*/
SELECT from_number_e164, call_date, flag
FROM marts.caller_id_health
WHERE from_number_e164 IS NOT NULL AND call_date >= $first_day
QUALIFY call_date = max(call_date) OVER (PARTITION BY from_number_e164) AND flag LIKE 'below%'
ORDER BY from_number_e164
