/*
question: Who asked to be called when, and was it kept?
description: >-
  One row per call of any kind whose metadata has a filled value (is_filled of main.call_metadata) at one of the keys in
  DIALFLO_CALLBACK_KEYS; of several, the key that stands first in that setting. A call's time is occurred_at, else the
  start of its call_date in the configured zone. A value that is a JSON string or number of at most 100 characters is
  read (as main.call_metadata has it) by dateparser, in English, the day before the month, as a time to come, and local
  in DIALFLO_TIMEZONE (a local time that is skipped is read with the offset before, of one that comes twice it is the
  first). "in 2 hours" counts from the call's time; "tomorrow at 5pm" from the call's local day; "10 AM" is the first 10
  AM after the call; "Monday" is the first Monday after the call's local day; "20th March" and "15th" are the first such
  day from the call's local day on, or with a time of day the first such moment not before the call. To be exact, P(b)
  is what dateparser 1.5 gives with languages en, DATE_ORDER DMY, PREFER_LOCALE_DATE_ORDER false, PREFER_DATES_FROM
  future, RETURN_TIME_AS_PERIOD true and RELATIVE_BASE b, its zone taken off; W is 2001-01-10 00:00, W1 an hour later, M
  is 2005-10-17 00:00. For dateparser (only) a text is "in 30 minutes" where it is half an hour, half hour or a half
  hour, alone or behind in or after, in small or capital letters, outer white space put aside and any between words as
  one blank. The text is not understood where P(W), P(W1) or P(M) is missing or has a period other than time, day,
  part_of_day and week; it means a *whole day* where P(W) has one of the latter three. Where that of P(W) is week ("in 2
  weeks"; "next week" is the same weekday of it), only (3) holds, and only from 7 days on: the text is not understood
  otherwise. Else the first of these decides. Calls and times are compared by what the zone's clock shows. (1) P(W) =
  P(M): that moment, which is local, unless the text, its outer white space put aside, ends with a UTC offset (Z in
  either case, +HHMM or +HH:MM, or the same with -) behind hours and two digits of minutes with a colon between; there
  the offset that P(W) names holds. White space may stand between the two, and seconds and their decimals before. In
  this, white space and digits are all that Unicode calls so (categories White_Space and Nd; the separators U+001C to
  U+001F too), as they are to dateparser. Of offsets it knows the whole hours from -12:00 to +14:00, -09:30, -04:30,
  -03:30, -02:30, +03:30, +04:30, +05:30, +05:45, +06:30, +08:45, +09:30, +10:30, +11:30 and +12:45; with any other,
  such as +2500, P(W) is missing. (2) P(W1) is an hour after P(W), and no whole day is meant: the call's time + P(W) -
  W; not understood where that is negative. (3) P(W) - W = P(M) - M: the start of the call's local day plus that on the
  clock, and a day more where no whole day is meant, that is below a day, and the result is not after the call; not
  understood where it is negative. (4) The times of day of P(W) and P(M) differ: not understood. (5) Their months and
  days are the same: the next such day of the year, the call's own included if a whole day is meant or the time of day
  is not before the call's. (6) Their weekdays are the same, and both lie at least 1 and less than 8 days after W and M:
  the first such weekday after the call's local day. (7) Their days of the month are the same, and the text has a digit
  with st, nd, rd or th behind it, in any case, as the end of a word: the next such day of the month that has one, the
  call's own included as in (5). (8) Not understood. The time of day is that of P(W) in (5) to (7). Not understood
  either is where the call's time, requested_at, starts_at or ends_at would lie outside of the years 1 to 9999 by the
  zone's clock or by that of UTC; the day 9999-12-31 is understood where its last microsecond lies within them. The
  request is *kept* when a contact call (dialled: not inbound, outcome neither cancelled nor in_progress; or inbound and
  answered) of the same contact_number and agent, later than this call in the order of time, then task_id (by code
  points), then call_index, took place from starts_at to ends_at, both included. State is reckoned when the view is
  read, by the reader's clock.
  A call is inbound if its call_direction is the word inbound in any ASCII case, and no other. Its outcome is what the
  mapping statuses.csv says of its call_status, else outcome of main.calls. Mappings ignore ASCII case and outer ASCII
  white space; the user's own rows (folder seeds of the data folder) go before the shipped ones (sql/seeds). Blank means
  nothing but ASCII white space.
means_not: >-
  That the words were understood as they were meant: requested_text is there to be looked at. Nor that somebody picked
  up when the request was kept. A call without a contact_number can never be kept. A request stays what it is when the
  same person asks again later.
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
