"""Calls of a quarter: who calls whom, and how it went. Seeded; times keep to few minutes, so that many are the same."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

AGENTS = ["ONEST", "Asha", "ravi", "été", None]
ODD_AGENTS = ["", " ", "asha", "Asha ", 7]
LINES = ["918035736461", "+91 80357-36462", "+918035736463", "0091 80357 36464"]
ODD_LINES = ["anonymous", "", None, "8035", 918035736461]
UNANSWERED = ["NO_ANSWER", "NO_ANSWER", "BUSY", "FAILED", "no answer", "VOICEMAIL", "CANCELLED", "LINE_BUSY"]
ODD_STATUSES = ["", " ", None, "HUNG UP", "hung-up", "BARRED", "é, x", "ringing", "In Progress", "USER_BUSY", ["A"], 4]
INTERESTS = ["Interested", "Not Interested", "Unclear", "Keen", "VERY interested", "very  interested", "Neutral"]
ODD_INTERESTS = ["", " \t", None, "(none)", "Do Not Call", "\u00a0Interested", "INTERESTED\n", "hot "]
ACTIONS = ["REDIAL", "", None, "SEND_FORM", "CLOSE", "BOOKED", "visit"]
ODD_ACTIONS = [" redial\n", "(none)", "DNC", "enough", "Redial later", "\t", "{}", "convert", "(None)"]
CAMPAIGNS: list[Any] = ["spring", "Spring", "spring ", "autumn, 2", "", " ", None, "(none)", 7, 7.5, True, {"a": 1}, []]
WHEN = (
    """\
20th March 10 AM|tomorrow at 5pm|tomorrow|in 2 hours|10 AM|Monday|next week|15th|29 Feb|half an hour|in 2 weeks
after 30 minutes|evening|2024-03-12 16:00|12/03/2024 4 pm|Friday 3:30 pm|2 days later|now|31st
31st at noon|later|not today|2:30 AM|1:30|kal subah|midnight|noon|7|in 36 hours|2024-03-10 02:30
2024-11-03 01:30 -05:00|10 March 2:30 AM|3rd Nov 1:30 am|today|today at 6 pm|12 AM|yesterday
5 minutes ago|Sunday 2:30 am|a week from now|Dec 31 23:59|0|2024|10 AM +05:30|in a minute
half past five|at 17.30|Saturday morning|in 3 months|Feb 30|18:00 UTC|Wrong Number|31 April|1st 10 AM
MONDAY 9AM|15TH|3 pm Friday|20th March 2024 10:00Z|2024-03-12T16:00:30.5 +0530
""".rstrip("\n")
    .replace("\n", "|")
    .split("|")
)
ODD_WHEN = ["x" * 101, None, "", " ", 5, 17.5, True, {"at": "10 AM"}, ["10 AM"], "10 AM ", "10  am", "10 am\u00a0"]
CONFIDENCES = [0, 1, 0.1, 0.2, 0.3, 0.30000000000000004, 0.6, 0.7, 0.95, 95, 100, 29, 57, 58, None, "0.5", "high"]


class People:
    """Who is called: numbers, some of which come in two formats."""

    def __init__(self, dice: Random, count: int) -> None:
        self.numbers = [f"9174{dice.randrange(10**8):08}" for _ in range(count)]

    @staticmethod
    def written(dice: Random, number: str) -> Any:
        """The number as one of the ways to write it, now and then none at all."""
        if dice.random() < 0.03:
            return dice.choice(["", " ", None, "12", " 12", "unknown", {"n": number}])
        plain = f"{number[:2]} {number[2:7]}-{number[7:]}"
        return dice.choice([number, number, f"+{number}", f"+{plain}", f"00{number}", int(number)])


def call(dice: Random, people: People, person: str, moment: datetime, progress: float) -> dict[str, Any]:
    """One call object; `progress` says how much of the quarter is over."""
    line = dice.randrange(len(LINES))
    # The first line is taken for spam towards the end; mornings are better than nights.
    chance = 0.15 if line == 0 and progress > 0.85 else 0.65 if moment.hour < 10 else 0.4
    is_answered = dice.random() < chance
    made = {
        "agent_name": _drawn(dice, AGENTS if progress < 0.8 else AGENTS[1:], ODD_AGENTS, 0.01),
        "call_status": _drawn(dice, ["ANSWERED"] if is_answered else UNANSWERED, ODD_STATUSES, 0.04),
        "call_duration": _drawn(dice, [dice.randrange(300)], [12.5, 30, 29.999, "45", -1, None, "x", 0, 120], 0.1),
        "call_context": _context(dice),
    }
    made |= _sides(dice, people, person, line) | _times(dice, moment)
    if is_answered or dice.random() < 0.05:
        made["call_insights"] = _insights(dice, progress)
    elif dice.random() < 0.3:
        made["call_insights"] = {"next_action": dice.choice(["REDIAL", "", None, "CLOSE", {"value": "REDIAL"}])}
    if dice.random() < 0.4:
        made |= {"outcome_reason": dice.choice(["USER_BUSY", "TIMEOUT", "", None, "(none)"])}
        made |= {"hangup_cause_name": dice.choice(["NORMAL_CLEARING", "normal_clearing", None])}
        made |= {"hangup_source": dice.choice(["callee", "caller", " ", 3])}
    return made


def _drawn(dice: Random, usual: list[Any], odd: list[Any], share: float) -> Any:
    return dice.choice(odd if dice.random() < share else usual)


def _sides(dice: Random, people: People, person: str, line: int) -> dict[str, Any]:
    ours, theirs = _drawn(dice, [LINES[line]], ODD_LINES, 0.05), people.written(dice, person)
    if dice.random() < 0.08:
        return {"from_number": theirs, "to_number": ours, "call_direction": dice.choice(["inbound", "Inbound"])}
    direction = dice.choice(["outbound", None, "OUTBOUND", "inbound ", ""])
    return {"from_number": ours, "to_number": theirs, "call_direction": direction}


def _times(dice: Random, moment: datetime) -> dict[str, Any]:
    minute = moment.replace(minute=dice.choice([0, 30]), second=0, microsecond=0)
    form = dice.choice(["%Y-%m-%d %H:%M:%S+00:00", "%Y-%m-%dT%H:%MZ", "%Y-%m-%d %H:%M"])
    times = {"initiation_time": minute.strftime(form), "end_time": (minute + timedelta(minutes=3)).isoformat()}
    kept = {name: text for name, text in times.items() if dice.random() < 0.7}
    return kept | ({"answer_time": dice.choice(["yesterday", "2024-03-10 02:30", ""])} if dice.random() < 0.05 else {})


def _context(dice: Random) -> Any:
    if dice.random() < 0.1:
        return dice.choice([None, {}, "text"])
    keys = dice.choice([["campaign"], ["campaign", "list no."], ["ключ"], ["Campaign"]])
    return {key: _drawn(dice, CAMPAIGNS[:4], CAMPAIGNS, 0.2) for key in keys}


def _insights(dice: Random, progress: float) -> Any:
    if dice.random() < 0.05:
        return dice.choice([None, {}, "none", {"user_interest": "Interested", "next_action": ["REDIAL"]}])
    action = _drawn(dice, ACTIONS, ODD_ACTIONS, 0.08)
    interest = {"status": _drawn(dice, INTERESTS, ODD_INTERESTS, 0.08), "confidence_score": dice.choice(CONFIDENCES)}
    reason = dice.choice(["asked", None, ""])
    return {
        "metadata": _metadata(dice, progress),
        "user_interest": interest,
        "next_action": action if dice.random() < 0.4 else {"value": action, "reason": reason},
    }


def _metadata(dice: Random, progress: float) -> dict[str, Any]:
    """One key goes, one comes, one is filled more rarely, and people say when to be called."""
    metadata: dict[str, Any] = {"degree": dice.choice(["No", "Yes", "", 1, True, "true"])}
    metadata["city"] = dice.choice(["Pune", "Agra"]) if dice.random() < (0.9 if progress < 0.9 else 0.3) else ""
    if progress < 0.9:
        metadata["job"] = dice.choice([None, "clerk", {"title": "clerk"}, []])
    else:
        metadata["job "] = dice.choice(["clerk", "", "teacher"])
    for key in ("call_time", "callback_time", "when"):
        if dice.random() < 0.4:
            metadata[key] = _drawn(dice, WHEN, ODD_WHEN, 0.1)
    return metadata
