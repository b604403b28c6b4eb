/*
question: Does a stated confidence mean anything? Is more of it followed by more?
description: >-
  One row per agent and tenth of the confidence scale. A statement is an answered contact call with a known confidence. It
  is followed by a later answered call within 30 days; it happened if such a call shows interest or a conversion.
means_not: >-
  That the confidence is wrong where little happened: it is confidence in the stated interest, whichever that is. For
  interest read the yes_ columns. Contacts that were not spoken to again are in no rate.
grain: [agent_name, confidence_decile]
whole_because: >-
  A call of today changes what followed calls of any day before. What is costly, finding that, is incremental in
  staging.call_sequels.
columns:
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL is a group of its own.}
  confidence_decile: {type: INTEGER, description: "Tenth of the scale, 1 (from 0 to below 0.1) to 10 (from 0.9 to 1)."}
  calls: {type: BIGINT, description: Statements., unit: calls, sum: true}
  avg_confidence: {type: DOUBLE, description: Mean confidence of the statements., unit: share}
  followed_calls: {type: BIGINT, description: Statements that were followed., unit: calls, sum: true}
  happened_calls: {type: BIGINT, description: Statements that happened., unit: calls, sum: true}
  happened_rate: {type: DOUBLE, ratio: [happened_calls, followed_calls], unit: share}
  happened_rate_low: {type: DOUBLE, unit: share}
  happened_rate_high: {type: DOUBLE, unit: share}
  yes_calls: {type: BIGINT, description: Statements whose interest is mapped to yes., unit: calls, sum: true}
  yes_followed_calls: {type: BIGINT, description: Those of them that were followed., unit: calls, sum: true}
  yes_happened_calls: {type: BIGINT, description: Those of them that happened., unit: calls, sum: true}
  yes_happened_rate: {type: DOUBLE, ratio: [yes_happened_calls, yes_followed_calls], unit: share}
  yes_happened_rate_low: {type: DOUBLE, unit: share}
  yes_happened_rate_high: {type: DOUBLE, unit: share}
*/
-- By confidence as stated first: there are few different ones, so that few have to be put in order for their mean.
WITH statements AS (
    SELECT
        agent_name,
        interest_confidence,
        is_yes,
        coalesce(epoch_us(spoken_at) - epoch_us(called_at) <= 2592000000000, false) AS is_followed,
        coalesce(epoch_us(happened_at) - epoch_us(called_at) <= 2592000000000, false) AS has_happened,
        count(*) AS calls
    FROM staging.call_sequels
    WHERE interest_confidence IS NOT NULL
    GROUP BY ALL
),
confidences AS (
    SELECT
        agent_name,
        interest_confidence,
        sum(calls) AS calls,
        sum(calls) FILTER (WHERE is_followed) AS followed_calls,
        sum(calls) FILTER (WHERE has_happened) AS happened_calls,
        sum(calls) FILTER (WHERE is_yes) AS yes_calls,
        sum(calls) FILTER (WHERE is_yes AND is_followed) AS yes_followed_calls,
        sum(calls) FILTER (WHERE is_yes AND has_happened) AS yes_happened_calls
    FROM statements
    GROUP BY agent_name, interest_confidence
),
counted AS (
    SELECT
        agent_name,
        least(floor(interest_confidence * 10), 9)::INTEGER + 1 AS confidence_decile,
        sum(calls)::BIGINT AS calls,
        sum(interest_confidence * calls ORDER BY interest_confidence) / sum(calls) AS avg_confidence,
        coalesce(sum(followed_calls), 0)::BIGINT AS followed_calls,
        coalesce(sum(happened_calls), 0)::BIGINT AS happened_calls,
        coalesce(sum(yes_calls), 0)::BIGINT AS yes_calls,
        coalesce(sum(yes_followed_calls), 0)::BIGINT AS yes_followed_calls,
        coalesce(sum(yes_happened_calls), 0)::BIGINT AS yes_happened_calls
    FROM confidences
    GROUP BY agent_name, confidence_decile
)
SELECT
    agent_name,
    confidence_decile,
    calls,
    avg_confidence,
    followed_calls,
    happened_calls,
    staging.rate(happened_calls, followed_calls) AS happened_rate,
    staging.wilson_low(happened_calls, followed_calls) AS happened_rate_low,
    staging.wilson_high(happened_calls, followed_calls) AS happened_rate_high,
    yes_calls,
    yes_followed_calls,
    yes_happened_calls,
    staging.rate(yes_happened_calls, yes_followed_calls) AS yes_happened_rate,
    staging.wilson_low(yes_happened_calls, yes_followed_calls) AS yes_happened_rate_low,
    staging.wilson_high(yes_happened_calls, yes_followed_calls) AS yes_happened_rate_high
FROM counted
ORDER BY agent_name, confidence_decile
