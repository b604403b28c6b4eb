from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import cycle
from pathlib import Path

import polars as pl
import pytest

from dialflo_pipeline.core.schema import CALLS, RAW_ANSWERS, TASK_IDS, TASKS, Result, State
from dialflo_pipeline.flatten.days import flatten_days
from dialflo_pipeline.lake import partitions as days
from dialflo_pipeline.lake.partitions import DayStatus, day_status, fingerprint, read_states, registered_days, survey
from dialflo_pipeline.lake.settings import LakeSettings
from dialflo_pipeline.lake.store import Lake

DAY = date(2024, 5, 1)
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
RULES = LakeSettings("UTC", timedelta(hours=24))
USABLE = b'[{"call_status": "BUSY"}]'


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake", tmp_path / "aside")


@pytest.fixture
def register(lake: Lake) -> Callable[..., None]:
    def run(*task_ids: str, day: date = DAY) -> None:
        rows = [(task_id, day, NOON, NOON, None) for task_id in task_ids]
        lake.append(TASK_IDS, pl.DataFrame(rows, schema=TASK_IDS.frame_schema, orient="row"), day)

    return run


@pytest.fixture
def answered(lake: Lake) -> Callable[..., None]:
    """Put one asking of an id on record."""

    def run(task_id: str, result: Result, *, hours_later: float = 1, body: bytes | None = None) -> None:
        sent = NOON + timedelta(hours=hours_later)
        row = dict.fromkeys(RAW_ANSWERS.columns) | {
            "task_id": task_id,
            "call_date": DAY,
            "asking_id": f"{int(sent.timestamp()):020d}",
            "attempt": 1,
            "is_last": True,
            "requested_at": sent,
            "received_at": sent,
            "result": str(result),
            "is_complete": True if result is Result.USABLE else None,
            "body": body,
            "stopped_run": False,
            "source": "api",
        }
        lake.append(RAW_ANSWERS, pl.DataFrame([row], schema=RAW_ANSWERS.frame_schema, orient="row"), DAY)

    return run


def test_a_fingerprint_stays_while_nothing_changes(lake: Lake, register: Callable[..., None]) -> None:
    register("a")
    before = fingerprint(lake, DAY, RULES)
    list(flatten_days(lake, [DAY], RULES))
    register("elsewhere", day=date(2024, 5, 2))
    assert fingerprint(lake, DAY, LakeSettings("UTC", timedelta(days=1))) == before


def test_a_fingerprint_changes_with_each_raw_file(
    lake: Lake, register: Callable[..., None], answered: Callable[..., None]
) -> None:
    seen = {fingerprint(lake, DAY, RULES)}
    register("a")
    seen.add(fingerprint(lake, DAY, RULES))
    register("b")
    seen.add(fingerprint(lake, DAY, RULES))
    answered("a", Result.RETRYABLE)
    seen.add(fingerprint(lake, DAY, RULES))
    lake.files(RAW_ANSWERS, DAY)[0].unlink()
    assert len(seen) == 4
    assert fingerprint(lake, DAY, RULES) in seen


def test_a_fingerprint_changes_with_the_rules(
    lake: Lake, register: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    register("a")
    rules = [
        RULES,
        LakeSettings("Asia/Kolkata", timedelta(hours=24)),
        LakeSettings("UTC", timedelta(hours=24, microseconds=1)),
    ]
    seen = {fingerprint(lake, DAY, one) for one in rules}
    monkeypatch.setattr(days, "FLATTEN_RULES", "another")
    seen.add(fingerprint(lake, DAY, RULES))
    assert len(seen) == 4


def test_a_fingerprint_changes_with_the_region_and_then_with_the_library(
    lake: Lake, register: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    register("a")
    indian, american = (LakeSettings("UTC", timedelta(hours=24), region) for region in ("IN", "US"))
    seen = {fingerprint(lake, DAY, one) for one in (RULES, indian, american)}
    monkeypatch.setattr(days, "library_version", lambda: "another")
    seen.add(fingerprint(lake, DAY, indian))
    assert len(seen) == 4
    assert fingerprint(lake, DAY, RULES) in seen


def test_a_fingerprint_changes_with_the_columns(
    lake: Lake, register: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    register("a")
    before = fingerprint(lake, DAY, RULES)
    monkeypatch.setattr(days, "_LAYOUTS", [*days._LAYOUTS, "another"])
    assert fingerprint(lake, DAY, RULES) != before


def test_a_day_not_flattened_yet_has_work_and_no_counts(lake: Lake, register: Callable[..., None]) -> None:
    register("a")
    status = day_status(lake, DAY, RULES)
    assert (status.is_current, status.has_work(NOON), status.counts, status.failed) == (False, True, {}, 0)


def test_the_footer_tells_what_reading_the_raw_files_would(
    lake: Lake, register: Callable[..., None], answered: Callable[..., None]
) -> None:
    register("new", "early", "missing", "gone", "refused", "done")
    answered("early", Result.EMPTY, body=b"[]")
    answered("missing", Result.NOT_FOUND)
    answered("gone", Result.NOT_FOUND, hours_later=24)
    answered("refused", Result.REFUSED)
    answered("done", Result.USABLE, body=USABLE, hours_later=-1)
    list(flatten_days(lake, [DAY], RULES))
    status = day_status(lake, DAY, RULES)
    states = read_states(lake, [DAY], RULES)
    assert status.is_current
    assert status.counts == {state: (states["state"] == state).sum() for state in State}
    assert status.counts == {
        State.PENDING: 1,
        State.UNSETTLED: 1,
        State.NOT_FOUND: 2,
        State.FAILED: 1,
        State.SETTLED: 1,
    }
    assert status.waiting == states["is_waiting"].sum() == 3
    assert (status.failed, status.has_work(NOON)) == (1, True)
    assert lake.read(TASKS, DAY).equals(states.drop("is_waiting", "was_stopped"))


def test_a_settled_day_has_no_work_until_something_is_added(
    lake: Lake, register: Callable[..., None], answered: Callable[..., None]
) -> None:
    register("done")
    answered("done", Result.USABLE, body=USABLE)
    list(flatten_days(lake, [DAY], RULES))
    assert not day_status(lake, DAY, RULES).has_work(NOON)
    register("new")
    assert day_status(lake, DAY, RULES).has_work(NOON)


def test_a_day_has_no_work_while_all_that_waits_is_held_back(
    lake: Lake, register: Callable[..., None], answered: Callable[..., None]
) -> None:
    register("early")
    answered("early", Result.EMPTY, hours_later=1, body=b"[]")
    answered("early", Result.EMPTY, hours_later=3, body=b"[]")
    list(flatten_days(lake, [DAY], RULES))
    status = day_status(lake, DAY, RULES)
    due = NOON + timedelta(hours=4)
    assert (status.waiting, status.held, status.next_try_at) == (1, 1, due)
    assert (status.has_work(due - timedelta(seconds=1)), status.has_work(due)) == (False, True)
    register("new")
    assert day_status(lake, DAY, RULES).has_work(NOON)


def test_a_day_whose_flattening_was_cut_off_is_not_current(
    lake: Lake, register: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    register("a")
    list(flatten_days(lake, [DAY], RULES))
    monkeypatch.setattr("dialflo_pipeline.flatten.days._write_answer_tables", _boom)
    with pytest.raises(ZeroDivisionError):
        list(flatten_days(lake, [DAY], RULES))
    assert not day_status(lake, DAY, RULES).is_current


def _boom(*_: object) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize("kept", [0, 50, -20])
def test_a_damaged_flattened_file_vouches_for_nothing_and_is_written_again(
    lake: Lake, register: Callable[..., None], kept: int
) -> None:
    register("a")
    list(flatten_days(lake, [DAY], RULES))
    path = lake.file(TASKS, DAY)
    path.write_bytes(path.read_bytes()[:kept])
    assert not day_status(lake, DAY, RULES).is_current
    list(flatten_days(lake, [DAY], RULES))
    assert day_status(lake, DAY, RULES).is_current


def test_no_flipped_bit_in_a_footer_makes_a_day_say_what_is_not_so(
    lake: Lake, register: Callable[..., None], answered: Callable[..., None]
) -> None:
    register("a", "b")
    answered("a", Result.USABLE, body=USABLE)
    list(flatten_days(lake, [DAY], RULES))
    path, sound = lake.file(TASKS, DAY), day_status(lake, DAY, RULES)
    content = path.read_bytes()
    start = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    for place, bit in zip(range(start, len(content)), cycle((0x01, 0x80)), strict=False):
        path.write_bytes(content[:place] + bytes([content[place] ^ bit]) + content[place + 1 :])
        assert day_status(lake, DAY, RULES) in (sound, DayStatus(DAY, sound.fingerprint, is_current=False))


def test_flattening_again_gives_the_same_rows(
    lake: Lake, register: Callable[..., None], answered: Callable[..., None]
) -> None:
    register("a", "b")
    answered("a", Result.USABLE, body=USABLE)
    answered("a", Result.RETRYABLE, hours_later=2)
    first = list(flatten_days(lake, [DAY], RULES))
    rows = {table.name: lake.read(table, DAY) for table in (CALLS, TASKS)}
    assert list(flatten_days(lake, [DAY], RULES)) == first
    assert all(lake.read(table, DAY).equals(rows[table.name]) for table in (CALLS, TASKS))
    assert first[0].rows["calls"] == 1


def test_days_are_chosen_with_both_ends(lake: Lake, register: Callable[..., None]) -> None:
    every = [date(2024, 5, number) for number in (1, 2, 4)]
    for day in every:
        register(f"of-{day}", day=day)
    assert registered_days(lake) == every
    assert registered_days(lake, first=every[1]) == every[1:]
    assert registered_days(lake, last=every[1]) == every[:2]
    assert registered_days(lake, every[1], every[1]) == [every[1]]
    assert registered_days(lake, date(2024, 5, 3), date(2024, 5, 3)) == []
    assert [status.day for status in survey(lake, RULES)] == every
