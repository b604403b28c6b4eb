/*
description: >-
  marts.redial_backlog_daily from a day on, up to 31 days after each day with tasks: of a gap that is longer, as before a
  day registered by mistake, the rest is left out; nothing happens on it.
grain: [call_date, agent_name]
columns:
  call_date: {type: DATE, description: The day.}
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL is a group of its own.}
  opened: {type: BIGINT, description: Contacts in the backlog of this day but not of the day before., unit: contacts}
  cleared: {type: BIGINT, description: Contacts in the backlog of the day before but not of this day., unit: contacts}
  backlog: {type: BIGINT, description: Contacts in the backlog of this day., unit: contacts}
*/
SELECT daily.call_date, daily.agent_name, daily.opened, daily.cleared, daily.backlog
FROM marts.redial_backlog_daily AS daily
ASOF INNER JOIN marts.data_freshness AS days ON days.call_date <= daily.call_date
WHERE daily.call_date >= $first_day AND daily.call_date - days.call_date <= 31
ORDER BY daily.call_date, daily.agent_name
