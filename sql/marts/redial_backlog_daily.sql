/*
question: Does the redial backlog grow or shrink?
description: >-
  One row per day and agent, from the agent's first day with a call to the last day of all calls: the contacts that waited
  for a redial at the end of the day, going by the calls up to then.
means_not: >-
  The number of calls to make: a contact counts once, however often it was tried, and exhausted contacts count too.
grain: [call_date, agent_name]
whole_because: >-
  What changes on one day carries on into the backlog of all later ones. What is costly, finding the changes, is
  incremental in staging.redial_changes.
columns:
  call_date: {type: DATE, description: The day.}
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL is a group of its own.}
  opened: {type: BIGINT, description: Contacts in the backlog of this day but not of the day before., unit: contacts, sum: true}
  cleared: {type: BIGINT, description: Contacts in the backlog of the day before but not of this day., unit: contacts, sum: true}
  backlog: {type: BIGINT, description: Contacts in the backlog of this day., unit: contacts, sum: true}
*/
WITH daily AS (
    SELECT
        agent_name,
        call_date,
        count(*) FILTER (WHERE change = 1) AS opened,
        count(*) FILTER (WHERE change = -1) AS cleared
    FROM staging.redial_changes
    GROUP BY agent_name, call_date
)
SELECT
    days.call_date,
    days.agent_name,
    coalesce(daily.opened, 0) AS opened,
    coalesce(daily.cleared, 0) AS cleared,
    (sum(coalesce(daily.opened, 0) - coalesce(daily.cleared, 0)) OVER (
        PARTITION BY days.agent_name ORDER BY days.call_date
    ))::BIGINT AS backlog
FROM staging.agent_days AS days
LEFT JOIN daily ON daily.call_date = days.call_date AND daily.agent_name IS NOT DISTINCT FROM days.agent_name
ORDER BY days.call_date, days.agent_name
