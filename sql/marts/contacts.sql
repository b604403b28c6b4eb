/*
question: Where does each person stand?
description: >-
  One row per contact number with at least one contact call, over all agents: how often it was called, when it was reached,
  and what its latest calls said. Only contact calls count.
means_not: >-
  That a number is one person, or a person one number, nor that an old conclusion still holds. A number without its country
  code is another number than the same with it.
grain: [contact_number]
materialized: view
columns:
  contact_number: {type: VARCHAR, description: "The other party's number.", privacy: personal}
  calls: {type: BIGINT, description: Contact calls., unit: calls}
  attempts: {type: BIGINT, description: Those of them that were dialled., unit: calls}
  answered_attempts: {type: BIGINT, description: Dialled calls whose outcome is answered., unit: calls}
  inbound_calls: {type: BIGINT, description: Answered inbound calls., unit: calls}
  is_reached: {type: BOOLEAN, description: "Whether any of the calls, of either direction, was answered."}
  first_called_at: {type: TIMESTAMPTZ, description: Earliest time of the calls.}
  last_called_at: {type: TIMESTAMPTZ, description: Latest time of the calls.}
  last_answered_at: {type: TIMESTAMPTZ, description: Latest time of the answered calls; NULL if none was answered.}
  last_call_date: {type: DATE, description: Day of the latest call's task.}
  last_task_id: {type: VARCHAR, description: Task of the latest call., privacy: pseudonym}
  last_outcome: {type: VARCHAR, description: Outcome of the latest call.}
  last_agent_name: {type: VARCHAR, description: Agent of the latest call; NULL if it names none.}
  agents: {type: BIGINT, description: "Different agents of the calls; those that name none count as one.", unit: agents}
  agent_names: {type: "VARCHAR[]", description: "The names of these agents, each once, in the order of code points; without those that name none."}
  latest_interest: {type: VARCHAR, description: "Interest status, as sent, of the latest call that has one (not NULL, not blank); NULL if none has."}
  latest_interested: {type: VARCHAR, description: "What latest_interest means by the mapping interests.csv: yes, no or unknown (also where the mapping has no such word); NULL if there is none."}
  best_interested: {type: VARCHAR, description: "The best of what the interest of any call means, yes before unknown before no; NULL if none has one."}
  latest_next_action: {type: VARCHAR, description: "Next action, as sent, of the latest call that has one (not NULL, not blank); NULL if none has."}
  latest_action_meaning: {type: VARCHAR, description: "What latest_next_action means by the mapping actions.csv: redial, stop, convert or other, unknown where the mapping has no such word; NULL if there is none."}
  stop_word: {type: VARCHAR, description: "Of the latest of these calls in which a word is mapped to stop: the first of next_action, interest_status and call_status, as sent, that is; NULL if none has one. (State stopped of redial_backlog also looks at calls that are no contact calls.)"}
*/
SELECT *
FROM staging.contact_standings
ORDER BY contact_number
