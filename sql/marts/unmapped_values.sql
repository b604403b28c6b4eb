/*
question: Which words of our calls does no mapping know yet?
description: >-
  One row per word that calls have as status, interest or next action and that no mapping knows, in the spelling sent.
  Statuses whose outcome is known otherwise are left out.
means_not: >-
  That these calls are missing anywhere: they count in every mart, with an unknown outcome, interest or action.
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
