/*
The redial backlog by state and reason.
*/
SELECT state, reason, count(*) AS contacts, max(age_days) AS oldest_days
FROM marts.redial_backlog GROUP BY state, reason ORDER BY state, reason
