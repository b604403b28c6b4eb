/*
question: Do redials work? What became of each one that was asked for?
description: >-
  One row per day and agent with at least one request: a contact call whose next action means redial. Later calls are the
  contact calls of the same contact and agent after it. Every request counts for itself.
means_not: >-
  That the request caused the later call, or that a missing redial was wrong. Figures in _24h and _7d may rise while
  days_observed is below 8, the others always. A contact called by another agent, or written differently, counts as never
  called.
grain: [call_date, agent_name]
whole_because: >-
  A call of today changes what became of redials of any day before, and medians cannot be added up. What is costly,
  finding what followed each call, is incremental in staging.call_sequels.
columns:
  call_date: {type: DATE, description: "The requests' day in the configured time zone."}
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL is a group of its own.}
  redial_calls: {type: BIGINT, description: Requests of that day and agent., unit: calls, sum: true}
  redialled_24h_calls: {type: BIGINT, description: Requests with a later dialled call within 24 hours., unit: calls, sum: true}
  redialled_24h_rate: {type: DOUBLE, ratio: [redialled_24h_calls, redial_calls], unit: share}
  redialled_24h_rate_low: {type: DOUBLE, unit: share}
  redialled_24h_rate_high: {type: DOUBLE, unit: share}
  redialled_7d_calls: {type: BIGINT, description: Requests with a later dialled call within 7 days., unit: calls, sum: true}
  redialled_7d_rate: {type: DOUBLE, ratio: [redialled_7d_calls, redial_calls], unit: share}
  redialled_7d_rate_low: {type: DOUBLE, unit: share}
  redialled_7d_rate_high: {type: DOUBLE, unit: share}
  answered_7d_calls: {type: BIGINT, description: Requests with a later dialled call within 7 days whose outcome is answered., unit: calls, sum: true}
  answered_7d_rate: {type: DOUBLE, ratio: [answered_7d_calls, redialled_7d_calls], unit: share}
  answered_7d_rate_low: {type: DOUBLE, unit: share}
  answered_7d_rate_high: {type: DOUBLE, unit: share}
  interested_7d_calls: {type: BIGINT, description: "Requests with a later dialled call within 7 days whose outcome is answered and whose interest is mapped to yes (interests.csv).", unit: calls, sum: true}
  interested_7d_rate: {type: DOUBLE, ratio: [interested_7d_calls, redialled_7d_calls], unit: share}
  interested_7d_rate_low: {type: DOUBLE, unit: share}
  interested_7d_rate_high: {type: DOUBLE, unit: share}
  redialled_calls: {type: BIGINT, description: "Requests with a later dialled call, however much later.", unit: calls, sum: true}
  never_called_calls: {type: BIGINT, description: redial_calls - redialled_calls., unit: calls, sum: true}
  called_back_calls: {type: BIGINT, description: "Requests without a later dialled call but with a later answered inbound one: the contact called.", unit: calls, sum: true}
  median_hours_to_redial: {type: DOUBLE, description: "Median time to the first later dialled call over the redialled_calls (of an even number, the mean of the middle two); NULL where there is none.", unit: hours}
  days_observed: {type: INTEGER, description: Days from call_date to the last call_date of any call., unit: days}
*/
WITH waits AS (
    SELECT
        call_date,
        agent_name,
        -- Plain numbers of microseconds: exact, and no extension is needed.
        epoch_us(dialled_at) - epoch_us(called_at) AS dialled_after,
        epoch_us(reached_at) - epoch_us(called_at) AS reached_after,
        epoch_us(won_at) - epoch_us(called_at) AS won_after,
        spoken_at
    FROM staging.call_sequels
    WHERE says_redial
),
counted AS (
    SELECT
        call_date,
        agent_name,
        count(*) AS redial_calls,
        count(*) FILTER (WHERE dialled_after <= 86400000000) AS redialled_24h_calls,
        count(*) FILTER (WHERE dialled_after <= 604800000000) AS redialled_7d_calls,
        count(*) FILTER (WHERE reached_after <= 604800000000) AS answered_7d_calls,
        count(*) FILTER (WHERE won_after <= 604800000000) AS interested_7d_calls,
        count(dialled_after) AS redialled_calls,
        count(*) FILTER (WHERE dialled_after IS NULL AND spoken_at IS NOT NULL) AS called_back_calls,
        median(dialled_after) / 3600000000 AS median_hours_to_redial
    FROM waits
    GROUP BY call_date, agent_name
),
last_days AS (
    SELECT max(call_date) AS last_day FROM staging.agent_day_counts
)
SELECT
    call_date,
    agent_name,
    redial_calls,
    redialled_24h_calls,
    staging.rate(redialled_24h_calls, redial_calls) AS redialled_24h_rate,
    staging.wilson_low(redialled_24h_calls, redial_calls) AS redialled_24h_rate_low,
    staging.wilson_high(redialled_24h_calls, redial_calls) AS redialled_24h_rate_high,
    redialled_7d_calls,
    staging.rate(redialled_7d_calls, redial_calls) AS redialled_7d_rate,
    staging.wilson_low(redialled_7d_calls, redial_calls) AS redialled_7d_rate_low,
    staging.wilson_high(redialled_7d_calls, redial_calls) AS redialled_7d_rate_high,
    answered_7d_calls,
    staging.rate(answered_7d_calls, redialled_7d_calls) AS answered_7d_rate,
    staging.wilson_low(answered_7d_calls, redialled_7d_calls) AS answered_7d_rate_low,
    staging.wilson_high(answered_7d_calls, redialled_7d_calls) AS answered_7d_rate_high,
    interested_7d_calls,
    staging.rate(interested_7d_calls, redialled_7d_calls) AS interested_7d_rate,
    staging.wilson_low(interested_7d_calls, redialled_7d_calls) AS interested_7d_rate_low,
    staging.wilson_high(interested_7d_calls, redialled_7d_calls) AS interested_7d_rate_high,
    redialled_calls,
    redial_calls - redialled_calls AS never_called_calls,
    called_back_calls,
    median_hours_to_redial,
    (last_days.last_day - call_date)::INTEGER AS days_observed
FROM counted
CROSS JOIN last_days
ORDER BY call_date, agent_name
