/*
question: Where does each person stand?
description: >-
  One row per contact number with at least one contact call, over all agents: contact calls are dialled calls (not
  inbound, outcome neither cancelled nor in_progress) and answered inbound ones; calls without a number are left out. A
  call's time is occurred_at, else the start of its call_date in the configured zone. The latest of several calls is the
  one with the latest time; of those at the same time the one with the greatest task_id (by code points), then the
  greatest call_index. Calls that are no contact calls, such as cancelled ones, have no say in any column. Numbers are
  compared as contact_number of main.calls has them: in E.164 where they can be read so, so one number sent in two
  formats is one contact, and letter for letter otherwise.
  A call is inbound if its call_direction is the word inbound in any ASCII case, and no other. Its outcome is what the
  mapping statuses.csv says of its call_status, else outcome of main.calls. Mappings ignore ASCII case and outer ASCII
  white space; the user's own rows (folder seeds of the data folder) go before the shipped ones (sql/seeds). Blank means
  nothing but ASCII white space.
means_not: >-
  That a number is one person, or a person one number; nor that what was concluded long ago still holds. A number without
  its country code is another number than the same with it.
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
