/*
description: One row per day and calling number with at least one dialled call that rang.
grain: [call_date, from_number_e164]
incremental_by: [call_date]
columns:
  call_date: {type: DATE, description: "The tasks' day in the configured time zone."}
  from_number_e164: {type: VARCHAR, description: "Calling number in E.164; NULL, a group of its own, where it cannot be read as one.", privacy: personal}
  calls: {type: BIGINT, description: "Dialled calls that rang: answered, no_answer, busy or machine.", unit: calls}
  answered_calls: {type: BIGINT, description: Those of them that were answered., unit: calls}
*/
SELECT
    call_date,
    from_number_e164,
    count(*) AS calls,
    count(*) FILTER (WHERE is_answered) AS answered_calls
FROM staging.call_facts
WHERE is_dialled AND outcome IN ('answered', 'no_answer', 'busy', 'machine')
GROUP BY call_date, from_number_e164
ORDER BY call_date, from_number_e164
