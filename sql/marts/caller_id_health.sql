/*
question: Is one of our numbers being ignored, or shown as spam?
description: >-
  One row per calling number and day with at least one dialled call from it that rang. The number's last 7 days are
  compared with its own 28 days before, and with the other numbers in the same 7 days. flag says whether it is well below either.
means_not: >-
  That anyone labelled the number: no carrier is asked. Another list, agent or hour can lower a rate too, small drops do
  not show with few calls, and many numbers looked at daily bring false alarms. The latest row is the number's current state.
grain: [from_number_e164, call_date]
whole_because: >-
  A day changes the figures of the 34 behind it. It only adds up the counts by day of staging.caller_id_days.
columns:
  from_number_e164: {type: VARCHAR, description: "Calling number in E.164; NULL, a group of its own, holds the calls whose number is missing or cannot be read.", privacy: personal}
  call_date: {type: DATE, description: "The tasks' day in the configured time zone."}
  calls: {type: BIGINT, description: Dialled calls of the day that rang., unit: calls, sum: true}
  answered_calls: {type: BIGINT, description: Those of them whose outcome is answered., unit: calls, sum: true}
  answer_rate: {type: DOUBLE, ratio: [answered_calls, calls], unit: share}
  answer_rate_low: {type: DOUBLE, unit: share}
  answer_rate_high: {type: DOUBLE, unit: share}
  calls_7d: {type: BIGINT, description: Dialled calls of the 7 days that rang., unit: calls}
  answered_calls_7d: {type: BIGINT, description: Those of them that were answered., unit: calls}
  answer_rate_7d: {type: DOUBLE, ratio: [answered_calls_7d, calls_7d], unit: share}
  answer_rate_7d_low: {type: DOUBLE, unit: share}
  answer_rate_7d_high: {type: DOUBLE, unit: share}
  calls_28d: {type: BIGINT, description: Dialled calls of the 28 days that rang., unit: calls}
  answered_calls_28d: {type: BIGINT, description: Those of them that were answered., unit: calls}
  answer_rate_28d: {type: DOUBLE, ratio: [answered_calls_28d, calls_28d], unit: share}
  answer_rate_28d_low: {type: DOUBLE, unit: share}
  answer_rate_28d_high: {type: DOUBLE, unit: share}
  baseline_calls: {type: BIGINT, description: Dialled calls of the baseline that rang., unit: calls}
  baseline_answered_calls: {type: BIGINT, description: Those of them that were answered., unit: calls}
  baseline_answer_rate: {type: DOUBLE, ratio: [baseline_answered_calls, baseline_calls], unit: share}
  baseline_answer_rate_low: {type: DOUBLE, unit: share}
  baseline_answer_rate_high: {type: DOUBLE, unit: share}
  peer_calls_7d: {type: BIGINT, description: Dialled calls of the peers in the 7 days that rang., unit: calls}
  peer_answered_calls_7d: {type: BIGINT, description: Those of them that were answered., unit: calls}
  peer_answer_rate_7d: {type: DOUBLE, ratio: [peer_answered_calls_7d, peer_calls_7d], unit: share}
  peer_answer_rate_7d_low: {type: DOUBLE, unit: share}
  peer_answer_rate_7d_high: {type: DOUBLE, unit: share}
  z_baseline: {type: DOUBLE, description: "z value of the 7 days (1) against the baseline (2); below 0 when fewer answer.", unit: standard deviations}
  z_peers: {type: DOUBLE, description: "z value of the 7 days (1) against the peers (2); below 0 when fewer answer.", unit: standard deviations}
  is_below_baseline: {type: BOOLEAN, description: "Whether the number is below its baseline; NULL where either has fewer than 30 calls or from_number_e164 is NULL."}
  is_below_peers: {type: BOOLEAN, description: "Whether the number is below its peers; NULL where either has fewer than 30 calls or from_number_e164 is NULL."}
  flag: {type: VARCHAR, description: "too_few_calls where both of the two before are NULL; below_both where both are true; below_baseline or below_peers where that one is true; else ok."}
*/
WITH totals AS (
    SELECT call_date, sum(calls) AS calls, sum(answered_calls) AS answered_calls
    FROM staging.caller_id_days
    WHERE from_number_e164 IS NOT NULL
    GROUP BY call_date
),
total_weeks AS (
    SELECT
        call_date,
        sum(calls) OVER week AS calls_7d,
        sum(answered_calls) OVER week AS answered_calls_7d
    FROM totals
    WINDOW week AS (ORDER BY call_date - DATE '1970-01-01' RANGE BETWEEN 6 PRECEDING AND CURRENT ROW)
),
number_windows AS (
    SELECT
        *,
        (sum(calls) OVER days_7)::BIGINT AS calls_7d,
        (sum(answered_calls) OVER days_7)::BIGINT AS answered_calls_7d,
        (sum(calls) OVER days_28)::BIGINT AS calls_28d,
        (sum(answered_calls) OVER days_28)::BIGINT AS answered_calls_28d,
        coalesce(sum(calls) OVER days_before, 0)::BIGINT AS baseline_calls,
        coalesce(sum(answered_calls) OVER days_before, 0)::BIGINT AS baseline_answered_calls
    FROM staging.caller_id_days
    WINDOW
        days_7 AS (
            PARTITION BY from_number_e164
            ORDER BY call_date - DATE '1970-01-01' RANGE BETWEEN 6 PRECEDING AND CURRENT ROW
        ),
        days_28 AS (
            PARTITION BY from_number_e164
            ORDER BY call_date - DATE '1970-01-01' RANGE BETWEEN 27 PRECEDING AND CURRENT ROW
        ),
        days_before AS (
            PARTITION BY from_number_e164
            ORDER BY call_date - DATE '1970-01-01' RANGE BETWEEN 34 PRECEDING AND 7 PRECEDING
        )
),
compared AS (
    SELECT
        numbers.*,
        CASE
            WHEN numbers.from_number_e164 IS NULL THEN 0 ELSE totals.calls_7d - numbers.calls_7d
        END::BIGINT AS peer_calls_7d,
        CASE
            WHEN numbers.from_number_e164 IS NULL THEN 0 ELSE totals.answered_calls_7d - numbers.answered_calls_7d
        END::BIGINT AS peer_answered_calls_7d
    FROM number_windows AS numbers
    LEFT JOIN total_weeks AS totals ON totals.call_date = numbers.call_date
),
judged AS (
    SELECT
        *,
        CASE
            WHEN from_number_e164 IS NOT NULL AND calls_7d >= 30 AND baseline_calls >= 30
                THEN staging.is_below(answered_calls_7d, calls_7d, baseline_answered_calls, baseline_calls)
        END AS is_below_baseline,
        CASE
            WHEN from_number_e164 IS NOT NULL AND calls_7d >= 30 AND peer_calls_7d >= 30
                THEN staging.is_below(answered_calls_7d, calls_7d, peer_answered_calls_7d, peer_calls_7d)
        END AS is_below_peers
    FROM compared
)
SELECT
    from_number_e164,
    call_date,
    calls,
    answered_calls,
    staging.rate(answered_calls, calls) AS answer_rate,
    staging.wilson_low(answered_calls, calls) AS answer_rate_low,
    staging.wilson_high(answered_calls, calls) AS answer_rate_high,
    calls_7d,
    answered_calls_7d,
    staging.rate(answered_calls_7d, calls_7d) AS answer_rate_7d,
    staging.wilson_low(answered_calls_7d, calls_7d) AS answer_rate_7d_low,
    staging.wilson_high(answered_calls_7d, calls_7d) AS answer_rate_7d_high,
    calls_28d,
    answered_calls_28d,
    staging.rate(answered_calls_28d, calls_28d) AS answer_rate_28d,
    staging.wilson_low(answered_calls_28d, calls_28d) AS answer_rate_28d_low,
    staging.wilson_high(answered_calls_28d, calls_28d) AS answer_rate_28d_high,
    baseline_calls,
    baseline_answered_calls,
    staging.rate(baseline_answered_calls, baseline_calls) AS baseline_answer_rate,
    staging.wilson_low(baseline_answered_calls, baseline_calls) AS baseline_answer_rate_low,
    staging.wilson_high(baseline_answered_calls, baseline_calls) AS baseline_answer_rate_high,
    peer_calls_7d,
    peer_answered_calls_7d,
    staging.rate(peer_answered_calls_7d, peer_calls_7d) AS peer_answer_rate_7d,
    staging.wilson_low(peer_answered_calls_7d, peer_calls_7d) AS peer_answer_rate_7d_low,
    staging.wilson_high(peer_answered_calls_7d, peer_calls_7d) AS peer_answer_rate_7d_high,
    staging.two_rates_z(answered_calls_7d, calls_7d, baseline_answered_calls, baseline_calls) AS z_baseline,
    staging.two_rates_z(answered_calls_7d, calls_7d, peer_answered_calls_7d, peer_calls_7d) AS z_peers,
    is_below_baseline,
    is_below_peers,
    CASE
        WHEN is_below_baseline IS NULL AND is_below_peers IS NULL THEN 'too_few_calls'
        WHEN is_below_baseline AND is_below_peers THEN 'below_both'
        WHEN is_below_baseline THEN 'below_baseline'
        WHEN is_below_peers THEN 'below_peers'
        ELSE 'ok'
    END AS flag
FROM judged
ORDER BY from_number_e164, call_date
