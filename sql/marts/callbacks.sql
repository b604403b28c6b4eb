/*
question: Who asked to be called when, and was it kept?
description: >-
  One row per call of any kind whose metadata has a filled value at one of the keys in DIALFLO_CALLBACK_KEYS; of several,
  the key that stands first in that setting. A call's time is occurred_at, else the start of its call_date in the
  configured zone. A value that is a JSON string or number of at most 100 characters is read by dateparser (English,
  day before month, later times preferred); it is understood when it means a day, a part of a day or a time of day, seen
  from the call, in DIALFLO_TIMEZONE. "in 2 hours" counts from the call's time; "tomorrow" and other counts of days from
  the call's local day; "10 AM" is the first 10 AM after the call; "Monday" is the first Monday after the call's local
  day; "20th March" and "15th" are the first such day that is not before the call's local day, or with a time of day the
  first such moment that is not before the call. A year or a UTC offset counts where the text has a full date. What lies
  before the moment at which it is said, like "yesterday", is not understood unless it is a full date. The request is
  *kept* when a contact call (dialled: not inbound, outcome neither cancelled nor in_progress; or inbound and answered)
  of the same contact_number and agent, later than this call in the order of time, then task_id, then call_index, took
  place from starts_at to ends_at, both included. State is reckoned when the view is read, by the reader's clock.
means_not: >-
  That the words were understood as they were meant: requested_text is there to be looked at. Nor that somebody picked up
  when the request was kept. A call without a contact_number can never be kept.
grain: [task_id, call_index]
materialized: view
columns:
  task_id: {type: VARCHAR, description: The Dialflo task id., privacy: pseudonym}
  call_index: {type: INTEGER, description: "Place of the call in the task's answer, from 0."}
  call_date: {type: DATE, description: "The task's day in the configured time zone."}
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL where the call names none.}
  contact_number: {type: VARCHAR, description: The other party's number; NULL if there is none., privacy: personal}
  called_at: {type: TIMESTAMPTZ, description: When the call took place in which it was asked.}
  key: {type: VARCHAR, description: The metadata key that was read.}
  requested_text: {type: VARCHAR, description: "Its value, as sent.", privacy: personal}
  requested_at: {type: TIMESTAMPTZ, description: "The time meant; of a day the start, of a part of a day an hour in it; NULL if not understood."}
  is_whole_day: {type: BOOLEAN, description: Whether a day or a part of a day was meant rather than a time of day; NULL if not understood.}
  starts_at: {type: TIMESTAMPTZ, description: "requested_at less DIALFLO_CALLBACK_TOLERANCE_MINUTES; where is_whole_day, the start of that local day; NULL if not understood."}
  ends_at: {type: TIMESTAMPTZ, description: "requested_at plus DIALFLO_CALLBACK_TOLERANCE_MINUTES; where is_whole_day, the last microsecond of that local day; NULL if not understood."}
  kept_task_id: {type: VARCHAR, description: Task of the first call that kept the request; NULL if none did., privacy: pseudonym}
  kept_at: {type: TIMESTAMPTZ, description: When that call took place; NULL if there is none.}
  state: {type: VARCHAR, description: "The first that fits: not_understood where requested_at is NULL; kept where kept_at is not; due until ends_at, that moment included; else missed."}
*/
SELECT
    *,
    CASE
        WHEN requested_at IS NULL THEN 'not_understood'
        WHEN kept_at IS NOT NULL THEN 'kept'
        WHEN now() <= ends_at THEN 'due'
        ELSE 'missed'
    END AS state
FROM staging.callback_requests
ORDER BY task_id, call_index
