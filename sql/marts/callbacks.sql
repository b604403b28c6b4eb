/*
question: Who asked to be called when, and was it kept?
description: >-
  One row per call whose metadata has a callback time under one of DIALFLO_CALLBACK_KEYS. The text is read as a time to
  come, in English. A request is kept when a contact call with the same contact and agent takes place in its time. The
  state is computed when the view is read.
means_not: >-
  That the words were understood as they were meant: see requested_text. Nor that someone picked up when the request was
  kept. Calls without a contact number can never be kept.
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
