"""When people may be called: days of the week and hours of the day, in a time zone. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WHOLE_DAY = 24 * 60

_HOURS = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")


@dataclass(frozen=True)
class CallingHours:
    """Open on `days` (0 is Monday) from `first_minute` of the day up to, and not including, `last_minute`."""

    first_minute: int
    last_minute: int
    days: frozenset[int]

    def next_open(self, moment: datetime, zone: ZoneInfo) -> datetime | None:
        """The first moment from this one on at which calling is allowed, in UTC; None past the calendar's end.

        Minutes are those on the clock of the zone. An opening that a change of its clocks skips comes as much later.
        """
        day = moment.astimezone(zone).date()
        try:
            for _ in range(9):  # a week, and a day that the clocks may have skipped
                if day.weekday() in self.days:
                    opens, closes = (
                        self._moment(day, self.first_minute, zone),
                        self._moment(day, self.last_minute, zone),
                    )
                    if moment < closes and opens < closes:
                        return max(moment.astimezone(UTC), opens)
                day += timedelta(days=1)
        except OverflowError:
            return None
        return None

    @staticmethod
    def _moment(day: date, minute: int, zone: ZoneInfo) -> datetime:
        local = datetime.combine(day, time()) + timedelta(minutes=minute)
        return local.replace(tzinfo=zone).astimezone(UTC)


def calling_hours(hours: str, days: str) -> CallingHours:
    """Hours like 09:00-20:00 and days like mon-fri,sun; `ValueError` says what is wrong."""
    first, last = parse_hours(hours)
    return CallingHours(first, last, parse_days(days))


def parse_hours(text: str) -> tuple[int, int]:
    """First and last minute of the day; 24:00 is the end of the day."""
    match = _HOURS.fullmatch(text.strip())
    first_hour, first_minute, last_hour, last_minute = map(int, match.groups()) if match else (0, 0, 0, 0)
    first, last = first_hour * 60 + first_minute, last_hour * 60 + last_minute
    if first_minute > 59 or last_minute > 59 or not first < last <= WHOLE_DAY:
        raise ValueError("must be two times of one day, the earlier first; write it like 09:00-20:00")
    return first, last


def parse_days(text: str) -> frozenset[int]:
    """Days of the week, 0 for Monday; a span may go over Sunday."""
    days: set[int] = set()
    for part in text.lower().split(","):
        first, *others = (name.strip() for name in part.split("-"))
        last = others[0] if others else first
        if first not in WEEKDAYS or last not in WEEKDAYS or len(others) > 1:
            raise ValueError("must be days of the week; write it like mon-sat or mon,wed,fri")
        start = WEEKDAYS.index(first)
        length = (WEEKDAYS.index(last) - start) % 7 + 1
        days |= {(start + step) % 7 for step in range(length)}
    return frozenset(days)
