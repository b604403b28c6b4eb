"""What the marts are reckoned from: the rows of the tables, and of each call what the headers say of any call."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from tests.support.oracle.figures import Row, grouped
from tests.support.oracle.settings import Rules
from tests.support.oracle.values import capitals, is_blank
from tests.support.oracle.words import Words, first_stop, mappings, plain


@dataclass
class Facts:
    """The rows of schema `main`, the settings, and the reader's clock."""

    tables: dict[str, list[Row]]
    rules: Rules
    now: datetime

    @cached_property
    def words(self) -> Words:
        return mappings(self.rules.seeds)

    @cached_property
    def calls(self) -> list[Row]:
        return [fact(call, self.words, self.rules.zone) for call in self.tables["calls"]]

    @cached_property
    def dialled(self) -> list[Row]:
        return [call for call in self.calls if call["is_dialled"]]

    @cached_property
    def contact_calls(self) -> list[Row]:
        """Those with a number, in order."""
        return in_order(call for call in self.calls if call["is_contact_call"] and call["contact_number"] is not None)

    @cached_property
    def of_contacts(self) -> dict[tuple[Any, ...], list[Row]]:
        """Contact calls by number and agent, in order."""
        return grouped(self.contact_calls, "contact_number", "agent_name")

    @cached_property
    def last_day(self) -> date:
        last: date = max(call["call_date"] for call in self.calls)
        return last


def fact(call: Row, words: Words, zone: ZoneInfo) -> Row:
    """The call with what the headers of all marts say of it."""
    status, action = words.statuses.get(plain(call["call_status"])), words.actions.get(plain(call["next_action"]))
    interest = words.interests.get(plain(call["interest_status"]))
    outcome = status.meaning if status else call["outcome"]
    no_action, no_interest = is_blank(call["next_action"]), is_blank(call["interest_status"])
    is_inbound = capitals(call["call_direction"] or "") == "INBOUND"
    is_dialled = not is_inbound and outcome not in ("cancelled", "in_progress")
    meaning = None if no_action else action.meaning if action else "unknown"
    is_unanswered = no_action and outcome in ("no_answer", "busy", "machine", "failed")
    stop_word = _stop_word(call, words)
    return call | {
        "outcome": outcome,
        "sent_outcome": call["outcome"],
        "is_answered": outcome == "answered",
        "is_inbound": is_inbound,
        "is_dialled": is_dialled,
        "is_contact_call": is_dialled or (is_inbound and outcome == "answered"),
        "time": time_of_call(call, zone),
        "interested": None if no_interest else interest.meaning if interest else "unknown",
        "action_meaning": meaning,
        "needs_redial": meaning == "redial" or is_unanswered,
        "stop_word": stop_word,
    }


def _stop_word(call: Row, words: Words) -> str | None:
    kinds = (("next_action", words.actions), ("interest_status", words.interests), ("call_status", words.statuses))
    return first_stop((call[column], known) for column, known in kinds if not is_blank(call[column]))


def time_of_call(call: Row, zone: ZoneInfo) -> datetime:
    moment: datetime | None = call["occurred_at"]
    return moment or start_of(call["call_date"], zone)


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of the day; where clocks skip midnight, the one they skip to."""
    return moment_of(datetime.combine(day, time()), zone)


def moment_of(local: datetime, zone: ZoneInfo) -> datetime:
    """One that is skipped with the offset before, of one that comes twice the first."""
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC)


def in_order(calls: Iterable[Row]) -> list[Row]:
    return sorted(calls, key=lambda call: (call["time"], call["task_id"], call["call_index"]))


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=place) for place in range((last - first).days + 1)]


def texts(call: Row, *columns: str) -> Row:
    """These texts as sent, `(none)` where missing or blank."""
    return {column: "(none)" if is_blank(call[column]) else call[column] for column in columns}
