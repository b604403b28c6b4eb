/*
description: One row per day, kind of word, and word that calls have and no mapping knows.
grain: [call_date, kind, value]
incremental_by: [call_date]
columns:
  call_date: {type: DATE, description: "The tasks' day in the configured time zone."}
  kind: {type: VARCHAR, description: "status, interest or action."}
  value: {type: VARCHAR, description: The word as sent.}
  calls: {type: BIGINT, description: Calls that have it., unit: calls}
*/
WITH unmapped AS (
    SELECT call_date, unmapped_status, unmapped_interest, unmapped_action, count(*) AS calls
    FROM staging.call_facts
    WHERE unmapped_status IS NOT NULL OR unmapped_interest IS NOT NULL OR unmapped_action IS NOT NULL
    GROUP BY call_date, unmapped_status, unmapped_interest, unmapped_action
)
SELECT call_date, 'status' AS kind, unmapped_status AS value, sum(calls)::BIGINT AS calls
FROM unmapped
WHERE unmapped_status IS NOT NULL
GROUP BY call_date, unmapped_status
UNION ALL
SELECT call_date, 'interest' AS kind, unmapped_interest AS value, sum(calls)::BIGINT AS calls
FROM unmapped
WHERE unmapped_interest IS NOT NULL
GROUP BY call_date, unmapped_interest
UNION ALL
SELECT call_date, 'action' AS kind, unmapped_action AS value, sum(calls)::BIGINT AS calls
FROM unmapped
WHERE unmapped_action IS NOT NULL
GROUP BY call_date, unmapped_action
