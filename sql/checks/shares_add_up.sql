/*
description: The shares of the interests of a day and agent add up to 1, and so do their calls to the answered ones.
asset: marts.interest_distribution
severity: error
says: "The shares of {rows} days and agents do not add up to 1."
each: "{call_date}, {agent_name}: {share:.6f}"
*/
SELECT call_date, agent_name, sum(share) AS share
FROM marts.interest_distribution
GROUP BY call_date, agent_name
HAVING abs(sum(share) - 1) > 1e-9 OR sum(calls) <> max(answered_calls)
ORDER BY call_date, agent_name
