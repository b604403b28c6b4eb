/*
question: How many tries does it take to reach a contact, and when is another one useless?
description: >-
  One row per agent and attempt number, up to the highest that was needed. Attempts are the dialled calls of one contact
  and agent, in order; a contact is reached at its first answered attempt. All days together.
means_not: >-
  That further attempts would have been as successful: later attempts are those of the contacts that someone chose to call
  again, and the newest contacts had no time for more. A machine counts as answered if the API says so.
grain: [agent_name, attempt_number]
whole_because: >-
  It is over all days together. What is costly, numbering the tries of each contact, is incremental in
  staging.call_sequels.
columns:
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL is a group of its own.}
  attempt_number: {type: BIGINT, description: "Number of the try, from 1."}
  contacts: {type: BIGINT, description: All contacts of the agent with at least one try (the same in each of its rows)., unit: contacts}
  tried_contacts: {type: BIGINT, description: "Contacts not reached by an earlier try for which this try was made; each is one call.", unit: contacts, sum: true}
  reached_contacts: {type: BIGINT, description: Those of them that this try reached., unit: contacts, sum: true}
  reach_rate: {type: DOUBLE, ratio: [reached_contacts, tried_contacts], unit: share}
  reach_rate_low: {type: DOUBLE, unit: share}
  reach_rate_high: {type: DOUBLE, unit: share}
  given_up_contacts: {type: BIGINT, description: "Contacts for which this try was made, that it did not reach, and that have no further try so far.", unit: contacts, sum: true}
  cumulative_reached_contacts: {type: BIGINT, description: Sum of reached_contacts up to this attempt number., unit: contacts}
  cumulative_reach: {type: DOUBLE, ratio: [cumulative_reached_contacts, contacts], unit: share}
  cumulative_reach_low: {type: DOUBLE, unit: share}
  cumulative_reach_high: {type: DOUBLE, unit: share}
  cumulative_calls: {type: BIGINT, description: Sum of tried_contacts up to this attempt number., unit: calls}
  calls_per_reach: {type: DOUBLE, ratio: [tried_contacts, reached_contacts], unit: calls per contact}
  cumulative_calls_per_reach: {type: DOUBLE, ratio: [cumulative_calls, cumulative_reached_contacts], unit: calls per contact}
*/
WITH ended AS (
    SELECT
        agent_name,
        last_try AS attempt_number,
        count(*) AS contacts,
        count(*) FILTER (WHERE is_reached) AS reached_contacts
    FROM staging.call_sequels
    WHERE last_try IS NOT NULL
    GROUP BY agent_name, last_try
),
agents AS (
    SELECT agent_name, sum(contacts)::BIGINT AS contacts, max(attempt_number) AS last_number
    FROM ended
    GROUP BY agent_name
),
numbers AS (
    SELECT agent_name, contacts, unnest(range(1, last_number + 1)) AS attempt_number FROM agents
),
counted AS (
    SELECT
        numbers.agent_name,
        numbers.attempt_number,
        numbers.contacts,
        coalesce(ended.contacts, 0) AS ended_contacts,
        coalesce(ended.reached_contacts, 0) AS reached_contacts
    FROM numbers
    LEFT JOIN ended
        ON ended.attempt_number = numbers.attempt_number AND ended.agent_name IS NOT DISTINCT FROM numbers.agent_name
),
tried AS (
    SELECT
        *,
        -- Contacts that ended at this try or a later one had this one.
        (sum(ended_contacts) OVER (
            PARTITION BY agent_name ORDER BY attempt_number ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
        ))::BIGINT AS tried_contacts,
        (sum(reached_contacts) OVER (PARTITION BY agent_name ORDER BY attempt_number))::BIGINT
            AS cumulative_reached_contacts
    FROM counted
),
spent AS (
    SELECT
        *, (sum(tried_contacts) OVER (PARTITION BY agent_name ORDER BY attempt_number))::BIGINT AS cumulative_calls
    FROM tried
)
SELECT
    agent_name,
    attempt_number,
    contacts,
    tried_contacts,
    reached_contacts,
    staging.rate(reached_contacts, tried_contacts) AS reach_rate,
    staging.wilson_low(reached_contacts, tried_contacts) AS reach_rate_low,
    staging.wilson_high(reached_contacts, tried_contacts) AS reach_rate_high,
    ended_contacts - reached_contacts AS given_up_contacts,
    cumulative_reached_contacts,
    staging.rate(cumulative_reached_contacts, contacts) AS cumulative_reach,
    staging.wilson_low(cumulative_reached_contacts, contacts) AS cumulative_reach_low,
    staging.wilson_high(cumulative_reached_contacts, contacts) AS cumulative_reach_high,
    cumulative_calls,
    staging.rate(tried_contacts, reached_contacts) AS calls_per_reach,
    staging.rate(cumulative_calls, cumulative_reached_contacts) AS cumulative_calls_per_reach
FROM spent
ORDER BY agent_name, attempt_number
