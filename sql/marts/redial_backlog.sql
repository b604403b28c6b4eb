/*
question: Whom should each agent call again, since when, and may it be now?
description: >-
  One row per contact and agent whose latest call needs a redial. age_days and state are reckoned when the view is
  read, by the reader's clock.
means_not: >-
  That the contact may be called: do-not-call lists and calling hours are not known here.
grain: [contact_number, agent_name]
materialized: view
columns:
  contact_number: {type: VARCHAR, description: "The other party's number.", privacy: personal}
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL is a group of its own.}
  attempts: {type: BIGINT, description: "Calls in the unbroken run that needs a redial, up to the latest call.", unit: calls}
  since: {type: TIMESTAMPTZ, description: "Time of the first call of that run."}
  reason: {type: VARCHAR, description: "requested if a call of the run says REDIAL, else unanswered."}
  last_task_id: {type: VARCHAR, description: Task of the latest call., privacy: pseudonym}
  last_call_date: {type: DATE, description: Day of the latest call.}
  last_outcome: {type: VARCHAR, description: What became of the latest call.}
  next_action_reason: {type: VARCHAR, description: Why the latest call concluded its next action., privacy: personal}
  due_at: {type: TIMESTAMPTZ, description: Time of the latest call plus the shortest gap between two attempts.}
  age_days: {type: BIGINT, description: Full 24 hours since since; 0 if that lies ahead., unit: days}
  state: {type: VARCHAR, description: "exhausted when attempts has reached the most allowed, else waiting before due_at, else due."}
*/
SELECT
    contact_number,
    agent_name,
    attempts,
    since,
    reason,
    last_task_id,
    last_call_date,
    last_outcome,
    next_action_reason,
    due_at,
    -- Plain numbers: subtracting times would need the ICU extension, which a reader may not have.
    greatest(0, (epoch_us(now()) - epoch_us(since)) // 86400000000) AS age_days,
    CASE WHEN is_exhausted THEN 'exhausted' WHEN now() < due_at THEN 'waiting' ELSE 'due' END AS state
FROM staging.redial_backlog
ORDER BY contact_number, agent_name
