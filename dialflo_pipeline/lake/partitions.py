"""What each day needs: found from the lake's files alone, so there is no second book to keep.

A day's flattened `tasks` file carries, in its footer, the fingerprint of what it was made from and its counts by state.
Where the fingerprint still fits, the footer answers for the day; where not, the day must be flattened again.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from dialflo_pipeline.core.completeness import COMPLETENESS_RULES
from dialflo_pipeline.core.errors import DamagedFile
from dialflo_pipeline.core.phone_numbers import library_version
from dialflo_pipeline.core.schema import RAW_TABLES, TASK_IDS, TASKS, WAREHOUSE_TABLES, State
from dialflo_pipeline.lake.attempts import read_attempts
from dialflo_pipeline.lake.registrations import registered_tasks
from dialflo_pipeline.lake.settings import LakeSettings
from dialflo_pipeline.lake.store import Lake
from dialflo_pipeline.lake.task_states import task_states

FLATTEN_RULES = "4"
"""Raise it when the same raw answers would give other rows. A changed list of columns counts by itself."""

GROUP_ROWS = 16_384
GROUP_DAYS = 64
"""A group of days ends with so many tasks or days: each day has its files open meanwhile."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAYOUTS = [table.layout for table in WAREHOUSE_TABLES]
_FINGERPRINT = "dialflo.fingerprint"
_COUNTS = "dialflo.counts"
_CHECK = "dialflo.check"
_WAITING = "waiting"
_HELD = "held"
_NEXT = "next_try_at"


@dataclass(frozen=True)
class DayStatus:
    """One day: whether its flattened files fit its raw ones, and, if they do, its tasks by state.

    Of those that are `waiting`, so many are `held` back, the first of them until `next_try_at`.
    """

    day: date
    fingerprint: str
    is_current: bool
    counts: Mapping[State, int] = field(default_factory=dict)
    waiting: int = 0
    held: int = 0
    next_try_at: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        """Whether a sync would ask for a task of this day at this time."""
        return self.waiting > self.held or (self.next_try_at is not None and self.next_try_at <= now)

    def has_work(self, now: datetime) -> bool:
        """Whether a sync would do anything for this day at this time."""
        return self.is_due(now) or not self.is_current

    @property
    def failed(self) -> int:
        """Tasks that only `--retry-failed` fetches again."""
        return self.counts.get(State.FAILED, 0)

    @property
    def not_found(self) -> int:
        """Tasks that are not found; `--retry-failed` fetches the final ones again."""
        return self.counts.get(State.NOT_FOUND, 0)


def fingerprint(lake: Lake, day: date, lake_settings: LakeSettings) -> str:
    """What the flattened files of a day depend on: its raw files, which never change once written, and settings."""
    names = [name for table in RAW_TABLES for name in lake.file_names(table, day)]
    numbers = [lake_settings.default_region, library_version()] if lake_settings.default_region else []
    settings = [lake_settings.timezone, str(lake_settings.settle_after.total_seconds()), *numbers]
    words = [f"{word}={outcome}" for word, outcome in lake_settings.own_statuses]
    parts = [FLATTEN_RULES, COMPLETENESS_RULES, *_LAYOUTS, *settings, *words, *names]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def day_status(lake: Lake, day: date, lake_settings: LakeSettings) -> DayStatus:
    """Where one day stands, from file names and one footer."""
    now = fingerprint(lake, day, lake_settings)
    stored = _stored_footer(lake, day)
    # A look at every file of years has no time for seals, so these few words have a checksum of their own.
    if stored.get(_FINGERPRINT) != now or stored.get(_CHECK) != _check(now, stored.get(_COUNTS, "")):
        return DayStatus(day, now, is_current=False)
    counts: dict[str, Any] = json.loads(stored[_COUNTS])
    waiting, held, microseconds = counts.pop(_WAITING), counts.pop(_HELD), counts.pop(_NEXT)
    next_try_at = _EPOCH + timedelta(microseconds=microseconds) if held else None
    states = {State(state): count for state, count in counts.items()}
    return DayStatus(day, now, True, states, waiting, held, next_try_at)


def _stored_footer(lake: Lake, day: date) -> dict[str, str]:
    try:
        return lake.metadata(TASKS, day) or {}
    except DamagedFile:
        return {}  # a damaged file vouches for nothing, so it is written again


def footer(now: str, states: pl.DataFrame) -> dict[str, str]:
    """What the footer of a day's `tasks` file has to say; `states` as from `read_states`."""
    found = dict(states["state"].value_counts().iter_rows())
    held = states["next_try_at"].drop_nulls()
    counts: dict[str, Any] = {state: found.get(state, 0) for state in State}
    counts |= {_WAITING: int(states["is_waiting"].sum()), _HELD: len(held), _NEXT: held.to_physical().min()}
    told = json.dumps(counts)
    return {_FINGERPRINT: now, _COUNTS: told, _CHECK: _check(now, told)}


def _check(now: str, counts: str) -> str:
    return hashlib.sha256(f"{now} {counts}".encode()).hexdigest()[:16]


def read_states(lake: Lake, days: Sequence[date], lake_settings: LakeSettings) -> pl.DataFrame:
    """The tasks of some days with their states (see `task_states`), from their raw files."""
    attempts = read_attempts(lake, days, lake_settings)
    return task_states(registered_tasks(lake, days), attempts, lake_settings.settle_after)


def group_days(lake: Lake, days: Iterable[date]) -> Iterator[list[date]]:
    """The days in groups bounded by registered tasks and by days: what is done once for many small days costs less."""
    group: list[date] = []
    rows = 0
    for day in days:
        group.append(day)
        rows += lake.row_count(TASK_IDS, day)
        if len(group) == GROUP_DAYS or rows >= GROUP_ROWS:
            yield group
            group, rows = [], 0
    if group:
        yield group


def registered_days(lake: Lake, first: date | None = None, last: date | None = None) -> list[date]:
    """The days from `first` to `last`, both included, that have registered tasks."""
    return [day for day in lake.days(TASK_IDS) if (first or day) <= day <= (last or day)]


def survey(lake: Lake, lake_settings: LakeSettings) -> list[DayStatus]:
    """Where each day that has registered tasks stands."""
    return [day_status(lake, day, lake_settings) for day in registered_days(lake)]
