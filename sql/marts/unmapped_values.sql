/*
question: Which words of our calls does no mapping know yet?
description: >-
  One row per kind of word and word, as sent, that at least one call of any kind has and that has no row in the mapping
  of its kind (statuses.csv, interests.csv, actions.csv; the user's own in the folder seeds of the data folder, and the
  shipped ones), with ASCII case and outer ASCII white space ignored. Words that are NULL or hold nothing but ASCII white
  space do not count, nor does a status whose outcome in main.calls is other than unknown. Words that differ in case or
  outer blanks have a row each.
means_not: >-
  That these calls are missing anywhere: they count in every mart, as of unknown outcome, interest or action.
grain: [kind, value]
whole_because: >-
  It is over all days together, from the counts by day of staging.unmapped_days.
columns:
  kind: {type: VARCHAR, description: "status (call_status), interest (interest_status) or action (next_action)."}
  value: {type: VARCHAR, description: The word as sent.}
  calls: {type: BIGINT, description: Calls that have it., unit: calls, sum: true}
  first_seen: {type: DATE, description: First call_date of these calls.}
  last_seen: {type: DATE, description: Last call_date of these calls.}
*/
SELECT
    kind,
    value,
    sum(calls)::BIGINT AS calls,
    min(call_date) AS first_seen,
    max(call_date) AS last_seen
FROM staging.unmapped_days
GROUP BY kind, value
ORDER BY kind, value
