/*
question: Is each agent extracting the data points that it should, and is that changing?
description: >-
  One row per agent and metadata key that any of its calls has, all days together. A call asks a key if it has the key; the
  key is filled if its value is not null, blank, {} or []. drift compares the agent's last 7 days with the 28 days before.
means_not: >-
  That a filled value is right, nor that an empty one is the agent's fault. An agent that stopped sending a key shows as
  vanished, not as a low share.
grain: [agent_name, key]
whole_because: >-
  It is over all days together, from the counts by day of staging.metadata_days.
columns:
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL is a group of its own.}
  key: {type: VARCHAR, description: "The key, as sent."}
  asked_calls: {type: BIGINT, description: Calls that ask the key., unit: calls, sum: true}
  filled_calls: {type: BIGINT, description: Those of them in which it is filled., unit: calls, sum: true}
  filled_share: {type: DOUBLE, ratio: [filled_calls, asked_calls], unit: share}
  filled_share_low: {type: DOUBLE, unit: share}
  filled_share_high: {type: DOUBLE, unit: share}
  distinct_values: {type: BIGINT, description: "Different filled values, compared as value of main.call_metadata has them, letter for letter, of whichever type.", unit: values}
  first_seen_on: {type: DATE, description: Earliest call_date of a call that asks the key.}
  last_seen_on: {type: DATE, description: Latest call_date of a call that asks the key.}
  first_filled_on: {type: DATE, description: Earliest call_date of a call in which it is filled; NULL if none.}
  last_filled_on: {type: DATE, description: Latest call_date of a call in which it is filled; NULL if none.}
  recent_asked_calls: {type: BIGINT, description: Calls in recent that ask the key., unit: calls}
  recent_filled_calls: {type: BIGINT, description: Calls in recent in which it is filled., unit: calls}
  recent_filled_share: {type: DOUBLE, ratio: [recent_filled_calls, recent_asked_calls], unit: share}
  recent_filled_share_low: {type: DOUBLE, unit: share}
  recent_filled_share_high: {type: DOUBLE, unit: share}
  baseline_asked_calls: {type: BIGINT, description: Calls in baseline that ask the key., unit: calls}
  baseline_filled_calls: {type: BIGINT, description: Calls in baseline in which it is filled., unit: calls}
  baseline_filled_share: {type: DOUBLE, ratio: [baseline_filled_calls, baseline_asked_calls], unit: share}
  baseline_filled_share_low: {type: DOUBLE, unit: share}
  baseline_filled_share_high: {type: DOUBLE, unit: share}
  drift: {type: VARCHAR, description: "The first that fits. vanished: baseline_asked_calls is at least 30, recent_asked_calls is 0, and at least 30 calls in recent ask the agent's busiest key of recent. appeared: recent_asked_calls is at least 30, baseline_asked_calls is 0, and at least 30 calls in baseline ask the agent's busiest key of baseline. too_few: recent_asked_calls or baseline_asked_calls is below 30. fell: recent_filled_share_high < baseline_filled_share_low. rose: recent_filled_share_low > baseline_filled_share_high. steady: all else."}
  is_drifting: {type: BOOLEAN, description: "The flag: whether drift is vanished, appeared, fell or rose."}
*/
WITH last_days AS (
    SELECT agent_name, max(call_date) AS last_day FROM staging.metadata_days GROUP BY agent_name
),
spans AS (
    SELECT
        days.*,
        days.call_date > last_days.last_day - 7 AS is_recent,
        days.call_date <= last_days.last_day - 7 AND days.call_date > last_days.last_day - 35 AS is_baseline
    FROM staging.metadata_days AS days
    INNER JOIN last_days ON last_days.agent_name IS NOT DISTINCT FROM days.agent_name
),
counted AS (
    SELECT
        agent_name,
        key,
        sum(asked_calls)::BIGINT AS asked_calls,
        sum(filled_calls)::BIGINT AS filled_calls,
        min(call_date) AS first_seen_on,
        max(call_date) AS last_seen_on,
        min(call_date) FILTER (WHERE filled_calls > 0) AS first_filled_on,
        max(call_date) FILTER (WHERE filled_calls > 0) AS last_filled_on,
        coalesce(sum(asked_calls) FILTER (WHERE is_recent), 0)::BIGINT AS recent_asked_calls,
        coalesce(sum(filled_calls) FILTER (WHERE is_recent), 0)::BIGINT AS recent_filled_calls,
        coalesce(sum(asked_calls) FILTER (WHERE is_baseline), 0)::BIGINT AS baseline_asked_calls,
        coalesce(sum(filled_calls) FILTER (WHERE is_baseline), 0)::BIGINT AS baseline_filled_calls
    FROM spans
    GROUP BY agent_name, key
),
value_lists AS (
    SELECT DISTINCT agent_name, key, unnest(value_hashes) AS value_hash FROM staging.metadata_days
),
distinct_counts AS (
    SELECT agent_name, key, count(*) AS distinct_values FROM value_lists GROUP BY agent_name, key
),
rated AS (
    SELECT
        counted.*,
        coalesce(distinct_counts.distinct_values, 0) AS distinct_values,
        staging.rate(recent_filled_calls, recent_asked_calls) AS recent_filled_share,
        staging.wilson_low(recent_filled_calls, recent_asked_calls) AS recent_filled_share_low,
        staging.wilson_high(recent_filled_calls, recent_asked_calls) AS recent_filled_share_high,
        staging.rate(baseline_filled_calls, baseline_asked_calls) AS baseline_filled_share,
        staging.wilson_low(baseline_filled_calls, baseline_asked_calls) AS baseline_filled_share_low,
        staging.wilson_high(baseline_filled_calls, baseline_asked_calls) AS baseline_filled_share_high,
        max(recent_asked_calls) OVER (PARTITION BY counted.agent_name) AS busiest_recent,
        max(baseline_asked_calls) OVER (PARTITION BY counted.agent_name) AS busiest_baseline
    FROM counted
    LEFT JOIN distinct_counts
        ON distinct_counts.agent_name IS NOT DISTINCT FROM counted.agent_name AND distinct_counts.key = counted.key
),
judged AS (
    SELECT
        *,
        CASE
            WHEN baseline_asked_calls >= 30 AND recent_asked_calls = 0 AND busiest_recent >= 30 THEN 'vanished'
            WHEN recent_asked_calls >= 30 AND baseline_asked_calls = 0 AND busiest_baseline >= 30 THEN 'appeared'
            WHEN recent_asked_calls < 30 OR baseline_asked_calls < 30 THEN 'too_few'
            WHEN recent_filled_share_high < baseline_filled_share_low THEN 'fell'
            WHEN recent_filled_share_low > baseline_filled_share_high THEN 'rose'
            ELSE 'steady'
        END AS drift
    FROM rated
)
SELECT
    agent_name,
    key,
    asked_calls,
    filled_calls,
    staging.rate(filled_calls, asked_calls) AS filled_share,
    staging.wilson_low(filled_calls, asked_calls) AS filled_share_low,
    staging.wilson_high(filled_calls, asked_calls) AS filled_share_high,
    distinct_values,
    first_seen_on,
    last_seen_on,
    first_filled_on,
    last_filled_on,
    recent_asked_calls,
    recent_filled_calls,
    recent_filled_share,
    recent_filled_share_low,
    recent_filled_share_high,
    baseline_asked_calls,
    baseline_filled_calls,
    baseline_filled_share,
    baseline_filled_share_low,
    baseline_filled_share_high,
    drift,
    drift NOT IN ('too_few', 'steady') AS is_drifting
FROM judged
ORDER BY agent_name, key
