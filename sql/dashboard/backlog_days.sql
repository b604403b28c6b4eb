/*
description: marts.redial_backlog_daily from a day on.
grain: [call_date, agent_name]
columns:
  call_date: {type: DATE, description: The day.}
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL is a group of its own.}
  opened: {type: BIGINT, description: Contacts in the backlog of this day but not of the day before., unit: contacts}
  cleared: {type: BIGINT, description: Contacts in the backlog of the day before but not of this day., unit: contacts}
  backlog: {type: BIGINT, description: Contacts in the backlog of this day., unit: contacts}
*/
SELECT call_date, agent_name, opened, cleared, backlog
FROM marts.redial_backlog_daily
WHERE call_date >= $first_day
ORDER BY call_date, agent_name
