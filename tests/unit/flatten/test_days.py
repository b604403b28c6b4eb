"""Flattening days: alone or in groups, from real files."""

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dialflo_pipeline.core.errors import TransientError
from dialflo_pipeline.core.schema import CALLS, RAW_ANSWERS, TASK_IDS, TASKS, WAREHOUSE_TABLES
from dialflo_pipeline.flatten import days as flattening
from dialflo_pipeline.flatten.days import flatten_days
from dialflo_pipeline.lake import partitions as day_groups
from dialflo_pipeline.lake.partitions import day_status
from dialflo_pipeline.lake.settings import LakeSettings
from dialflo_pipeline.lake.store import Lake

RULES = LakeSettings("Asia/Kolkata", timedelta(hours=24))
DAYS = [date(2026, 1, day) for day in range(1, 8)]
BODY = b'[{"agent_name": "A", "call_status": "BUSY", "call_context": {"k": 1}}, 7]'


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake", tmp_path / "aside")


@pytest.fixture
def fill(lake: Lake) -> Callable[[], None]:
    """Days with 0 to 6 answered tasks, and one that was never asked each."""

    def put() -> None:
        for number, day in enumerate(DAYS):
            ids = [f"{day}-{place}" for place in range(number)]
            lake.append(TASK_IDS, _registered(day, [*ids, f"{day}-waits"]), day)
            lake.append(RAW_ANSWERS, _answered(day, ids), day)

    return put


def _registered(day: date, ids: list[str]) -> pl.DataFrame:
    at = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    rows = [
        {"task_id": name, "call_date": day, "completed_at": at, "registered_at": at, "attributes": None} for name in ids
    ]
    return pl.DataFrame(rows, schema=TASK_IDS.frame_schema)


def _answered(day: date, ids: list[str], body: bytes = BODY) -> pl.DataFrame:
    at = datetime(day.year, day.month, day.day, 10, tzinfo=UTC)
    common = {
        "call_date": day,
        "attempt": 1,
        "is_last": True,
        "requested_at": at,
        "received_at": at,
        "status": 200,
        "result": "usable",
        "is_complete": True,
        "error": None,
        "body": body,
        "body_bytes": len(body),
        "body_sha256": hashlib.sha256(body).hexdigest(),
        "stopped_run": False,
        "source": "api",
    }
    rows = [{**common, "task_id": name, "asking_id": f"1-{name}"} for name in ids]
    return pl.DataFrame(rows, schema=RAW_ANSWERS.frame_schema)


def _everything(lake: Lake) -> list[list[tuple[object, ...]]]:
    return [lake.read(table, day).sort(pl.all()).rows() for table in WAREHOUSE_TABLES for day in DAYS]


def test_each_day_gets_its_own_rows_and_a_report(lake: Lake, fill: Callable[[], None]) -> None:
    fill()
    reports = list(flatten_days(lake, DAYS, RULES))
    assert [report.day for report in reports] == DAYS
    for number, report in enumerate(reports):
        assert report.rows == {
            "calls": number,
            "call_metadata": 0,
            "call_context": number,
            "rejects": number,
            "tasks": number + 1,
        }
        assert set(lake.read(CALLS, report.day)["call_date"]) <= {report.day}


@pytest.mark.parametrize(("rows", "days"), [(1, 64), (4, 64), (10_000, 2), (10_000, 3)])
def test_how_days_are_grouped_makes_no_difference(
    lake: Lake, fill: Callable[[], None], monkeypatch: pytest.MonkeyPatch, rows: int, days: int
) -> None:
    fill()
    list(flatten_days(lake, DAYS, RULES))
    together = _everything(lake)
    monkeypatch.setattr(day_groups, "GROUP_ROWS", rows)
    monkeypatch.setattr(day_groups, "GROUP_DAYS", days)
    list(flatten_days(lake, DAYS, RULES))
    assert _everything(lake) == together


def test_small_batches_give_the_same_rows(
    lake: Lake, fill: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    fill()
    list(flatten_days(lake, DAYS, RULES))
    whole = _everything(lake)
    monkeypatch.setattr(flattening, "BATCH_ROWS", 1)
    list(flatten_days(lake, DAYS, RULES))
    assert _everything(lake) == whole


def test_a_flattened_day_is_current_until_something_is_added(lake: Lake, fill: Callable[[], None]) -> None:
    fill()
    list(flatten_days(lake, DAYS, RULES))
    assert all(day_status(lake, day, RULES).is_current for day in DAYS)
    lake.append(TASK_IDS, _registered(DAYS[2], ["late"]), DAYS[2])
    assert [day for day in DAYS if not day_status(lake, day, RULES).is_current] == [DAYS[2]]


def test_a_day_cut_off_between_its_tables_is_not_current(
    lake: Lake, fill: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    fill()
    list(flatten_days(lake, DAYS, RULES))

    def cut_off(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(flattening, "_write_answer_tables", cut_off)
    with pytest.raises(KeyboardInterrupt):
        list(flatten_days(lake, DAYS[:1], RULES))
    assert not lake.file(TASKS, DAYS[0]).exists()
    assert not day_status(lake, DAYS[0], RULES).is_current


def test_of_several_askings_the_latest_usable_one_gives_the_rows_wherever_it_stands(lake: Lake) -> None:
    day, ids = DAYS[0], ["a", "b", "c"]
    lake.append(TASK_IDS, _registered(day, ids), day)
    asked = _answered(day, ids)
    newer = asked.with_columns(asking_id=pl.concat_str(pl.lit("2-"), "task_id"), source=pl.lit("webhook"))
    failed = newer.with_columns(pl.lit("trouble").alias("result"), pl.lit(value=False).alias("is_last"))
    for rows in (newer.filter(pl.col("task_id") == "b"), failed.filter(pl.col("task_id") == "a"), asked.reverse()):
        lake.append(RAW_ANSWERS, rows, day)
    list(flatten_days(lake, DAYS, RULES))
    found = lake.read(CALLS, day).select("task_id", "source")
    assert dict(found.iter_rows()) == {"a": "api", "b": "webhook", "c": "api"}


def test_raw_answers_that_come_while_they_are_read_end_the_run_in_words(
    lake: Lake, fill: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    fill()
    look = flattening._prepare_group

    def look_and_append(*arguments: Any) -> Any:
        found = look(*arguments)
        lake.append(RAW_ANSWERS, _answered(DAYS[0], ["late"]), DAYS[0])
        return found

    monkeypatch.setattr(flattening, "_prepare_group", look_and_append)
    with pytest.raises(TransientError, match="run the same command again"):
        list(flatten_days(lake, DAYS, RULES))
    monkeypatch.undo()
    assert len(list(flatten_days(lake, DAYS, RULES))) == len(DAYS)


def test_a_day_written_under_earlier_rules_is_flattened_again(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    body = b'[{"call_status": "VOICEMAIL", "to_number": "919833333333.0", "answer_time": "0001-01-01T00:00:00Z"}]'
    day = DAYS[0]
    lake.append(TASK_IDS, _registered(day, ["a"]).with_columns(completed_at=datetime(1, 1, 1, tzinfo=UTC)), day)
    lake.append(RAW_ANSWERS, _answered(day, ["a"], body), day)
    with monkeypatch.context() as earlier:
        earlier.setattr(day_groups, "FLATTEN_RULES", "3")
        list(flatten_days(lake, [day], RULES))
        assert day_status(lake, day, RULES).is_current
        old = lake.read(CALLS, day).with_columns(to_number_e164=pl.lit("+9198333333330"), outcome=pl.lit("unknown"))
        lake.replace(CALLS, [old], day)
    assert not day_status(lake, day, RULES).is_current
    list(flatten_days(lake, [day], RULES))
    [call] = lake.read(CALLS, day).to_dicts()
    assert (call["to_number_e164"], call["contact_number"]) == ("+919833333333", "+919833333333")
    assert (call["outcome"], call["answered_at"], call["occurred_at"]) == ("machine", None, None)
    assert lake.read(TASKS, day)["completed_at"].to_list() == [None]


def test_a_region_reads_national_numbers(lake: Lake) -> None:
    day = DAYS[0]
    lake.append(TASK_IDS, _registered(day, ["a"]), day)
    lake.append(RAW_ANSWERS, _answered(day, ["a"], b'[{"to_number": "098333 33333"}]'), day)
    for region, contact in ((None, "098333 33333"), ("IN", "+919833333333")):
        list(flatten_days(lake, [day], LakeSettings("UTC", timedelta(hours=24), region)))
        assert lake.read(CALLS, day)["contact_number"].to_list() == [contact]
