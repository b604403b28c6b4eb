/*
question: How is each agent doing, day by day, against its own past?
description: >-
  One row per day and agent with at least one call. Figures are over dialled calls; only the two inbound columns are not.
  Columns in _7d cover the seven days that end with call_date, those in _prior_7d the seven days before.
means_not: >-
  The number of people spoken to: a machine may answer, and one person may be called often. Nor that a change was caused by
  the agent. Contacts and the weekly columns must not be added up over rows.
grain: [call_date, agent_name]
whole_because: >-
  A day changes the figures of the 13 behind it. It only adds up the counts by day of staging.agent_day_counts.
columns:
  call_date: {type: DATE, description: "The tasks' day in the configured time zone."}
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL is a group of its own.}
  calls: {type: BIGINT, description: Dialled calls., unit: calls, sum: true}
  answered_calls: {type: BIGINT, description: Dialled calls whose outcome is answered., unit: calls, sum: true}
  answer_rate: {type: DOUBLE, ratio: [answered_calls, calls], unit: share}
  answer_rate_low: {type: DOUBLE, unit: share}
  answer_rate_high: {type: DOUBLE, unit: share}
  contacts: {type: BIGINT, description: Different contact_number of the dialled calls; calls without a number count for none., unit: contacts}
  reached_contacts: {type: BIGINT, description: Different contact_number of the answered dialled calls., unit: contacts}
  contact_rate: {type: DOUBLE, ratio: [reached_contacts, contacts], unit: share}
  contact_rate_low: {type: DOUBLE, unit: share}
  contact_rate_high: {type: DOUBLE, unit: share}
  inbound_calls: {type: BIGINT, description: "Calls whose direction is inbound, of any outcome.", unit: calls, sum: true}
  answered_inbound_calls: {type: BIGINT, description: Inbound calls whose outcome is answered., unit: calls, sum: true}
  talk_minutes: {type: DOUBLE, description: "Sum of the known lengths of the answered dialled calls, in seconds, / 60; 0 where none is known.", unit: minutes, sum: true}
  avg_talk_seconds: {type: DOUBLE, description: Mean of the same lengths; NULL where none is known., unit: seconds}
  median_talk_seconds: {type: DOUBLE, description: "Median of the same lengths (of an even number, the mean of the middle two); NULL where none is known.", unit: seconds}
  interested_calls: {type: BIGINT, description: "Answered dialled calls whose interest status is mapped to yes, however short.", unit: calls, sum: true}
  interested_rate: {type: DOUBLE, ratio: [interested_calls, answered_calls], unit: share}
  interested_rate_low: {type: DOUBLE, unit: share}
  interested_rate_high: {type: DOUBLE, unit: share}
  converted_calls: {type: BIGINT, description: "Answered dialled calls whose next action is mapped to convert, whatever their interest.", unit: calls, sum: true}
  conversion_rate: {type: DOUBLE, ratio: [converted_calls, answered_calls], unit: share}
  conversion_rate_low: {type: DOUBLE, unit: share}
  conversion_rate_high: {type: DOUBLE, unit: share}
  redial_calls: {type: BIGINT, description: "Dialled calls that need a redial: next action mapped to redial, or no next action (NULL or blank) and outcome no_answer, busy, machine or failed.", unit: calls, sum: true}
  calls_7d: {type: BIGINT, description: Sum of calls over the seven days., unit: calls}
  answered_calls_7d: {type: BIGINT, description: Sum of answered_calls over the seven days., unit: calls}
  answer_rate_7d: {type: DOUBLE, ratio: [answered_calls_7d, calls_7d], unit: share}
  answer_rate_7d_low: {type: DOUBLE, unit: share}
  answer_rate_7d_high: {type: DOUBLE, unit: share}
  talk_minutes_7d: {type: DOUBLE, description: Sum of talk_minutes over the seven days., unit: minutes}
  interested_calls_7d: {type: BIGINT, description: Sum of interested_calls over the seven days., unit: calls}
  converted_calls_7d: {type: BIGINT, description: Sum of converted_calls over the seven days., unit: calls}
  conversion_rate_7d: {type: DOUBLE, ratio: [converted_calls_7d, answered_calls_7d], unit: share}
  conversion_rate_7d_low: {type: DOUBLE, unit: share}
  conversion_rate_7d_high: {type: DOUBLE, unit: share}
  redial_calls_7d: {type: BIGINT, description: Sum of redial_calls over the seven days., unit: calls}
  calls_prior_7d: {type: BIGINT, description: Sum of calls over the seven days before., unit: calls}
  answered_calls_prior_7d: {type: BIGINT, description: Sum of answered_calls over the seven days before., unit: calls}
  answer_rate_prior_7d: {type: DOUBLE, ratio: [answered_calls_prior_7d, calls_prior_7d], unit: share}
  answer_rate_prior_7d_low: {type: DOUBLE, unit: share}
  answer_rate_prior_7d_high: {type: DOUBLE, unit: share}
  converted_calls_prior_7d: {type: BIGINT, description: Sum of converted_calls over the seven days before., unit: calls}
  conversion_rate_prior_7d: {type: DOUBLE, ratio: [converted_calls_prior_7d, answered_calls_prior_7d], unit: share}
  conversion_rate_prior_7d_low: {type: DOUBLE, unit: share}
  conversion_rate_prior_7d_high: {type: DOUBLE, unit: share}
  calls_change_7d: {type: BIGINT, description: calls_7d - calls_prior_7d., unit: calls}
  answer_rate_change_7d: {type: DOUBLE, description: answer_rate_7d - answer_rate_prior_7d; NULL where either is., unit: difference of shares}
  conversion_rate_change_7d: {type: DOUBLE, description: conversion_rate_7d - conversion_rate_prior_7d; NULL where either is., unit: difference of shares}
*/
WITH windows AS (
    SELECT
        *,
        (sum(calls) OVER week)::BIGINT AS calls_7d,
        (sum(answered_calls) OVER week)::BIGINT AS answered_calls_7d,
        sum(talk_minutes) OVER week AS talk_minutes_7d,
        (sum(interested_calls) OVER week)::BIGINT AS interested_calls_7d,
        (sum(converted_calls) OVER week)::BIGINT AS converted_calls_7d,
        (sum(redial_calls) OVER week)::BIGINT AS redial_calls_7d,
        coalesce(sum(calls) OVER week_before, 0)::BIGINT AS calls_prior_7d,
        coalesce(sum(answered_calls) OVER week_before, 0)::BIGINT AS answered_calls_prior_7d,
        coalesce(sum(converted_calls) OVER week_before, 0)::BIGINT AS converted_calls_prior_7d
    FROM staging.agent_day_counts
    WINDOW
        week AS (
            PARTITION BY agent_name ORDER BY call_date - DATE '1970-01-01' RANGE BETWEEN 6 PRECEDING AND CURRENT ROW
        ),
        week_before AS (
            PARTITION BY agent_name ORDER BY call_date - DATE '1970-01-01' RANGE BETWEEN 13 PRECEDING AND 7 PRECEDING
        )
)
SELECT
    call_date,
    agent_name,
    calls,
    answered_calls,
    staging.rate(answered_calls, calls) AS answer_rate,
    staging.wilson_low(answered_calls, calls) AS answer_rate_low,
    staging.wilson_high(answered_calls, calls) AS answer_rate_high,
    contacts,
    reached_contacts,
    staging.rate(reached_contacts, contacts) AS contact_rate,
    staging.wilson_low(reached_contacts, contacts) AS contact_rate_low,
    staging.wilson_high(reached_contacts, contacts) AS contact_rate_high,
    inbound_calls,
    answered_inbound_calls,
    talk_minutes,
    avg_talk_seconds,
    median_talk_seconds,
    interested_calls,
    staging.rate(interested_calls, answered_calls) AS interested_rate,
    staging.wilson_low(interested_calls, answered_calls) AS interested_rate_low,
    staging.wilson_high(interested_calls, answered_calls) AS interested_rate_high,
    converted_calls,
    staging.rate(converted_calls, answered_calls) AS conversion_rate,
    staging.wilson_low(converted_calls, answered_calls) AS conversion_rate_low,
    staging.wilson_high(converted_calls, answered_calls) AS conversion_rate_high,
    redial_calls,
    calls_7d,
    answered_calls_7d,
    staging.rate(answered_calls_7d, calls_7d) AS answer_rate_7d,
    staging.wilson_low(answered_calls_7d, calls_7d) AS answer_rate_7d_low,
    staging.wilson_high(answered_calls_7d, calls_7d) AS answer_rate_7d_high,
    talk_minutes_7d,
    interested_calls_7d,
    converted_calls_7d,
    staging.rate(converted_calls_7d, answered_calls_7d) AS conversion_rate_7d,
    staging.wilson_low(converted_calls_7d, answered_calls_7d) AS conversion_rate_7d_low,
    staging.wilson_high(converted_calls_7d, answered_calls_7d) AS conversion_rate_7d_high,
    redial_calls_7d,
    calls_prior_7d,
    answered_calls_prior_7d,
    staging.rate(answered_calls_prior_7d, calls_prior_7d) AS answer_rate_prior_7d,
    staging.wilson_low(answered_calls_prior_7d, calls_prior_7d) AS answer_rate_prior_7d_low,
    staging.wilson_high(answered_calls_prior_7d, calls_prior_7d) AS answer_rate_prior_7d_high,
    converted_calls_prior_7d,
    staging.rate(converted_calls_prior_7d, answered_calls_prior_7d) AS conversion_rate_prior_7d,
    staging.wilson_low(converted_calls_prior_7d, answered_calls_prior_7d) AS conversion_rate_prior_7d_low,
    staging.wilson_high(converted_calls_prior_7d, answered_calls_prior_7d) AS conversion_rate_prior_7d_high,
    calls_7d - calls_prior_7d AS calls_change_7d,
    staging.rate(answered_calls_7d, calls_7d)
    - staging.rate(answered_calls_prior_7d, calls_prior_7d) AS answer_rate_change_7d,
    staging.rate(converted_calls_7d, answered_calls_7d)
    - staging.rate(converted_calls_prior_7d, answered_calls_prior_7d) AS conversion_rate_change_7d
FROM windows
ORDER BY call_date, agent_name
