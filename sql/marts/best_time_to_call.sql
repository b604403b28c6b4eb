/*
question: When do people pick up?
description: >-
  One row per agent, weekday and hour with at least one dialled call whose time is known; local time of the pipeline's time
  zone, all days together. shrunk_rate moves the rate of small cells towards the agent's mean: rank hours by it.
means_not: >-
  That the hour was the cause: lists, numbers and dates differ too. Nor the hour at the person called. Calls without a known
  time are left out.
grain: [agent_name, weekday, hour]
whole_because: >-
  It is over all days together, from the counts by day and hour of staging.call_hours.
columns:
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL is a group of its own.}
  weekday: {type: INTEGER, description: "From 1 (Monday) to 7 (Sunday)."}
  hour: {type: INTEGER, description: "From 0 to 23: the hour that begins then.", unit: hour of the day}
  calls: {type: BIGINT, description: Dialled calls in the cell., unit: calls, sum: true}
  answered_calls: {type: BIGINT, description: Those of them whose outcome is answered., unit: calls, sum: true}
  answer_rate: {type: DOUBLE, ratio: [answered_calls, calls], unit: share}
  answer_rate_low: {type: DOUBLE, unit: share}
  answer_rate_high: {type: DOUBLE, unit: share}
  is_too_small: {type: BOOLEAN, description: Whether the cell has fewer than 30 calls.}
  agent_calls: {type: BIGINT, description: Sum of calls over the agent's cells (N)., unit: calls}
  agent_answered_calls: {type: BIGINT, description: Sum of answered_calls over the agent's cells (X)., unit: calls}
  agent_answer_rate: {type: DOUBLE, ratio: [agent_answered_calls, agent_calls], description: agent_answered_calls / agent_calls (m)., unit: share}
  agent_answer_rate_low: {type: DOUBLE, unit: share}
  agent_answer_rate_high: {type: DOUBLE, unit: share}
  agent_cells: {type: BIGINT, description: Cells of the agent (K)., unit: cells}
  rho: {type: DOUBLE, description: "How much the agent's cells differ beyond chance (correlation of two calls in one cell), 0 to 1."}
  weight: {type: DOUBLE, description: "How much the cell's own rate counts in shrunk_rate, 0 to 1 (w).", unit: share}
  shrunk_rate: {type: DOUBLE, description: agent_answer_rate + weight * (answer_rate - agent_answer_rate)., unit: share}
*/
WITH cells AS (
    SELECT
        agent_name,
        weekday,
        hour,
        sum(calls)::BIGINT AS calls,
        sum(answered_calls)::BIGINT AS answered_calls
    FROM staging.call_hours
    GROUP BY agent_name, weekday, hour
),
agents AS (
    SELECT
        agent_name,
        count(*) AS cells,
        sum(calls)::BIGINT AS calls,
        sum(answered_calls)::BIGINT AS answered_calls,
        -- Whole numbers are exact: whether D is 0 must not hang on a last digit.
        sum(calls::HUGEINT * calls) AS squares
    FROM cells
    GROUP BY agent_name
),
spreads AS (
    SELECT
        cells.agent_name,
        sum(
            cells.calls * pow(cells.answered_calls / cells.calls - agents.answered_calls / agents.calls, 2)
            ORDER BY cells.weekday, cells.hour
        ) AS spread
    FROM cells
    INNER JOIN agents ON agents.agent_name IS NOT DISTINCT FROM cells.agent_name
    GROUP BY cells.agent_name
),
moments AS (
    SELECT
        agents.*,
        CASE
            WHEN
                agents.answered_calls BETWEEN 1 AND agents.calls - 1
                AND agents.calls::HUGEINT * (agents.calls - agents.cells + 1) > agents.squares
                THEN greatest(0.0::DOUBLE, least(1.0::DOUBLE, (
                    spreads.spread
                    / (agents.answered_calls / agents.calls * ((agents.calls - agents.answered_calls) / agents.calls))
                    - (agents.cells - 1)
                ) / (
                    (agents.calls::HUGEINT * (agents.calls - agents.cells + 1) - agents.squares) / agents.calls
                )))
            ELSE 0.0::DOUBLE
        END AS rho
    FROM agents
    INNER JOIN spreads ON spreads.agent_name IS NOT DISTINCT FROM agents.agent_name
)
SELECT
    cells.agent_name,
    cells.weekday,
    cells.hour,
    cells.calls,
    cells.answered_calls,
    staging.rate(cells.answered_calls, cells.calls) AS answer_rate,
    staging.wilson_low(cells.answered_calls, cells.calls) AS answer_rate_low,
    staging.wilson_high(cells.answered_calls, cells.calls) AS answer_rate_high,
    cells.calls < 30 AS is_too_small,
    moments.calls AS agent_calls,
    moments.answered_calls AS agent_answered_calls,
    staging.rate(moments.answered_calls, moments.calls) AS agent_answer_rate,
    staging.wilson_low(moments.answered_calls, moments.calls) AS agent_answer_rate_low,
    staging.wilson_high(moments.answered_calls, moments.calls) AS agent_answer_rate_high,
    moments.cells AS agent_cells,
    moments.rho,
    cells.calls * moments.rho / (cells.calls * moments.rho + 1 - moments.rho) AS weight,
    moments.answered_calls / moments.calls
    + cells.calls * moments.rho / (cells.calls * moments.rho + 1 - moments.rho)
    * (cells.answered_calls / cells.calls - moments.answered_calls / moments.calls) AS shrunk_rate
FROM cells
INNER JOIN moments ON moments.agent_name IS NOT DISTINCT FROM cells.agent_name
ORDER BY cells.agent_name, cells.weekday, cells.hour
