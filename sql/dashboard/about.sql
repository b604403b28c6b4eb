/*
description: One row; the stamp of the published file, and the settings that the marts were made with.
grain: [data_version]
columns:
  as_of: {type: TIMESTAMPTZ, description: Newest of what is in the file.}
  published_at: {type: TIMESTAMPTZ, description: When this state was first published.}
  pipeline_version: {type: VARCHAR, description: The version that published it.}
  data_version: {type: VARCHAR, description: A fingerprint of the state.}
  timezone: {type: VARCHAR, description: Zone in which days and hours are computed.}
  first_day: {type: DATE, description: First day with a task.}
  last_day: {type: DATE, description: Last day with a task.}
  settled_through: {type: DATE, description: Last day before the first that waits for something.}
  is_complete: {type: BOOLEAN, description: Whether no task waits.}
  calls: {type: INTEGER, description: Rows of calls., unit: calls}
  tasks: {type: INTEGER, description: Registered tasks., unit: tasks}
  settled: {type: INTEGER, description: Tasks whose answer is final., unit: tasks}
  unsettled: {type: INTEGER, description: Tasks whose answer may still change., unit: tasks}
  pending: {type: INTEGER, description: Tasks without an answer so far., unit: tasks}
  not_found: {type: INTEGER, description: Tasks that the API does not know., unit: tasks}
  failed: {type: INTEGER, description: Tasks given up., unit: tasks}
  engaged_seconds: {type: DOUBLE, description: Length from which a call counts as engaged., unit: seconds}
  campaign_key: {type: VARCHAR, description: Key of the context whose value is the campaign; NULL where none is set.}
  redial_max_attempts: {type: INTEGER, description: Unanswered attempts after which a contact counts as exhausted., unit: calls}
*/
SELECT
    published.as_of,
    published.published_at,
    published.pipeline_version,
    published.data_version,
    published.timezone,
    published.first_day,
    published.last_day,
    published.settled_through,
    published.is_complete,
    published.calls,
    published.tasks,
    published.settled,
    published.unsettled,
    published.pending,
    published.not_found,
    published.failed,
    settings.engaged_seconds,
    settings.campaign_key,
    settings.redial_max_attempts
FROM main.published
CROSS JOIN pipeline.settings AS settings
