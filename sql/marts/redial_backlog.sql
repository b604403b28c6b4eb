/*
question: Whom should each agent call again, since when, and may it be now?
description: >-
  One row per contact and agent whose latest contact call needs a redial. A run is the unbroken series of such calls that
  ends with the latest. state and age_days are computed when the view is read.
means_not: >-
  That the contact may be called: other do-not-call lists and calling hours are not known here. Nor that everyone who waits
  is here: who asked for a callback without a redial is in callbacks only.
grain: [contact_number, agent_name]
materialized: view
columns:
  contact_number: {type: VARCHAR, description: "The other party's number.", privacy: personal}
  agent_name: {type: VARCHAR, description: Name of the AI agent; NULL is a group of its own.}
  attempts: {type: BIGINT, description: "Calls in the unbroken run that needs a redial, up to the latest call.", unit: calls}
  unanswered_attempts: {type: BIGINT, description: "Calls of that run after its last answered one.", unit: calls}
  since: {type: TIMESTAMPTZ, description: "Time of the first call of that run."}
  reason: {type: VARCHAR, description: "requested if a call of the run has a next action mapped to redial, else unanswered."}
  last_task_id: {type: VARCHAR, description: Task of the latest call., privacy: pseudonym}
  last_call_date: {type: DATE, description: Day of the latest call.}
  last_outcome: {type: VARCHAR, description: Outcome of the latest call.}
  next_action_reason: {type: VARCHAR, description: Why the latest call concluded its next action., privacy: personal}
  due_at: {type: TIMESTAMPTZ, description: Time of the latest call plus DIALFLO_REDIAL_MIN_GAP_MINUTES.}
  age_days: {type: BIGINT, description: Full 24 hours since since; 0 if that is in the future., unit: days}
  state: {type: VARCHAR, description: "stopped, exhausted, stale, waiting or due: the first that fits."}
  stop_reason: {type: VARCHAR, description: "Where state is stopped: of the latest call of this contact_number, contact call or not, with a word mapped to stop, the first of next_action, interest_status and call_status, as sent, that is; else NULL."}
  last_called_at: {type: TIMESTAMPTZ, description: Time of the latest call.}
  last_from_number: {type: VARCHAR, description: "The number that the latest call of the run that is not inbound and has a readable calling number came from, in E.164; NULL if there is none.", privacy: personal}
*/
SELECT
    backlog.contact_number,
    backlog.agent_name,
    backlog.attempts,
    backlog.unanswered_attempts,
    backlog.since,
    backlog.reason,
    backlog.last_task_id,
    backlog.last_call_date,
    backlog.last_outcome,
    backlog.next_action_reason,
    backlog.due_at,
    -- Plain numbers: subtracting times would need the ICU extension, which a reader may not have.
    greatest(0, (epoch_us(now()) - epoch_us(backlog.since)) // 86400000000) AS age_days,
    CASE
        WHEN stops.stop_word IS NOT NULL THEN 'stopped'
        WHEN backlog.is_exhausted THEN 'exhausted'
        WHEN now() > backlog.stale_at THEN 'stale'
        WHEN now() < backlog.due_at THEN 'waiting'
        ELSE 'due'
    END AS state,
    stops.stop_word AS stop_reason,
    backlog.last_called_at,
    backlog.last_from_number
FROM staging.redial_backlog AS backlog
LEFT JOIN staging.contact_stops AS stops ON stops.contact_number = backlog.contact_number
ORDER BY backlog.contact_number, backlog.agent_name
