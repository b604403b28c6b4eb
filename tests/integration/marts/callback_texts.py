"""Texts that ask for a call at a time, each with its moment worked out by hand, without a library for dates."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Meaning:
    """What a text asks for in a call at a local time without zone."""

    moment: Callable[[datetime], datetime]
    """Local without zone, or with one if the text names it."""
    is_whole_day: bool = False


def _at(hour: int, minute: int = 0) -> Callable[[datetime], datetime]:
    return lambda at: _midnight(at) + timedelta(hours=hour, minutes=minute)


def _midnight(called_at: datetime) -> datetime:
    return datetime.combine(called_at.date(), time())


def _next_weekday(weekday: int, hour: int) -> Callable[[datetime], datetime]:
    def moment(called_at: datetime) -> datetime:
        return next(
            day + timedelta(hours=hour)
            for n in range(1, 8)
            if (day := _midnight(called_at) + n * DAY).weekday() == weekday
        )

    return moment


def _next(month: int | None, day: int, hour: int | None) -> Callable[[datetime], datetime]:
    def moment(called_at: datetime) -> datetime:
        earliest = _midnight(called_at) if hour is None else called_at
        days = (_midnight(called_at) + n * DAY + timedelta(hours=hour or 0) for n in range(1500))
        return next(d for d in days if d.day == day and month in (None, d.month) and d >= earliest)

    return moment


def _first(hour: int) -> Callable[[datetime], datetime]:
    return lambda called_at: next(m for n in range(2) if (m := _at(hour)(called_at) + n * DAY) > called_at)


TEXTS = {
    "20th March 10 AM": Meaning(_next(3, 20, 10)),
    "tomorrow at 5pm": Meaning(lambda at: _at(17)(at) + DAY),
    "10 AM": Meaning(_first(10)),
    "after 6 pm": Meaning(_first(18)),
    "tomorrow": Meaning(lambda at: _midnight(at) + DAY, is_whole_day=True),
    "today": Meaning(_midnight, is_whole_day=True),
    "in 3 days": Meaning(lambda at: _midnight(at) + 3 * DAY, is_whole_day=True),
    "next week": Meaning(lambda at: _midnight(at) + 7 * DAY, is_whole_day=True),
    "Monday": Meaning(_next_weekday(0, 0), is_whole_day=True),
    "friday 4 pm": Meaning(_next_weekday(4, 16)),
    "15th": Meaning(_next(None, 15, None), is_whole_day=True),
    "15th at 5": Meaning(_next(None, 15, None), is_whole_day=True),
    "the 20th, at 10": Meaning(_next(None, 20, None), is_whole_day=True),
    "5 on the 15th": Meaning(_next(None, 15, None), is_whole_day=True),
    "20th March at 5": Meaning(_next(3, 20, None), is_whole_day=True),
    "15th at 4pm": Meaning(_next(None, 15, 16)),
    "29 Feb 5pm": Meaning(_next(2, 29, 17)),
    "05/03/2024 16:30": Meaning(lambda _: datetime(2024, 3, 5, 16, 30)),  # noqa: DTZ001 - local, as all of these
    "2024-03-05T16:30:00Z": Meaning(lambda _: datetime(2024, 3, 5, 16, 30, tzinfo=UTC)),
    "31st at 9 am": Meaning(_next(None, 31, 9)),
    "2024-03-05 16:30 +0530": Meaning(lambda _: datetime(2024, 3, 5, 11, 0, tzinfo=UTC)),
}
NOT_UNDERSTOOD = [
    *("later", "yesterday", "No", "this week", "5", "15 at 5", '["10 AM"]', "call me " * 20 + "10 AM", "कल सुबह"),
    *("next month at 5pm", "in a year at 10 am", "in 1 month 2 days", "in 1 month and 2 hours"),
]
