/*
description: >-
  One row per contact number of which any call, of whichever agent, direction and outcome, has a word that is mapped to
  stop.
grain: [contact_number]
incremental_by: [contact_number]
columns:
  contact_number: {type: VARCHAR, description: "The other party's number.", privacy: personal}
  stop_word: {type: VARCHAR, description: "Of the latest such call, by time, then task_id, then call_index: the first of next_action, interest_status and call_status, as sent, that is mapped to stop."}
*/
SELECT
    contact_number,
    max({ 'called_at': called_at, 'task_id': task_id, 'call_index': call_index, 'word': stop_word }).word AS stop_word
FROM staging.call_facts
WHERE stop_word IS NOT NULL AND contact_number IS NOT NULL
GROUP BY contact_number
ORDER BY contact_number
