/*
description: The data points whose share of answers has changed, as in marts.metadata_coverage.
grain: [agent_name, key]
columns:
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL is a group of its own.}
  key: {type: VARCHAR, description: "The key, as sent."}
  drift: {type: VARCHAR, description: "vanished, appeared, fell or rose."}
*/
SELECT agent_name, key, drift
FROM marts.metadata_coverage
WHERE is_drifting
ORDER BY agent_name, key
