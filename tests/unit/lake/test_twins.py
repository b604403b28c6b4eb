from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from dialflo_pipeline.core.schema import RAW_ANSWERS, TASK_IDS
from dialflo_pipeline.flatten.days import flatten_days
from dialflo_pipeline.lake.partitions import read_states
from dialflo_pipeline.lake.settings import LakeSettings
from dialflo_pipeline.lake.store import Lake
from dialflo_pipeline.lake.task_identity import identity, identity_of
from dialflo_pipeline.lake.twins import merge_twins

EARLY, LATE = date(2026, 11, 28), date(2026, 11, 29)
NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
LOWER = "6f1c2a8e-aaaa-4000-8000-00000000beef"
SETTINGS = LakeSettings("UTC", timedelta(hours=24))
BODY = b'[{"agent_name": "Asha", "call_status": "BUSY"}]'


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake", tmp_path / "aside")


def _register(lake: Lake, task_id: str, day: date, registered_at: datetime) -> None:
    row = {"task_id": task_id, "call_date": day, "registered_at": registered_at}
    lake.append(TASK_IDS, pl.DataFrame([row], schema=TASK_IDS.frame_schema), day)


def _answer(lake: Lake, task_id: str, day: date) -> None:
    row = dict.fromkeys(RAW_ANSWERS.columns) | {
        "task_id": task_id,
        "call_date": day,
        "asking_id": "1",
        "attempt": 1,
        "is_last": True,
        "requested_at": NOON,
        "received_at": NOON,
        "status": 200,
        "result": "usable",
        "is_complete": True,
        "body": BODY,
        "stopped_run": False,
        "source": "api",
    }
    lake.append(RAW_ANSWERS, pl.DataFrame([row], schema=RAW_ANSWERS.frame_schema), day)


def _states(lake: Lake) -> list[tuple[str, date, str, int]]:
    columns = ("task_id", "call_date", "state", "attempts")
    return [tuple(row) for row in read_states(lake, [EARLY, LATE], SETTINGS).select(columns).iter_rows()]


@pytest.mark.parametrize("first", [LOWER, LOWER.upper()])
def test_the_earlier_registration_keeps_its_day_and_gets_the_answers_of_its_twin(
    lake: Lake, tmp_path: Path, first: str
) -> None:
    second = LOWER.upper() if first == LOWER else LOWER
    _register(lake, first, LATE, NOON)
    _register(lake, second, EARLY, NOON + timedelta(hours=1))
    _register(lake, "plain", EARLY, NOON)
    _answer(lake, second, EARLY)
    assert merge_twins(lake, tmp_path, NOON + timedelta(hours=2)) == 1
    assert sorted(_states(lake)) == sorted([("plain", EARLY, "pending", 0), (first, LATE, "settled", 1)])
    rows = {report.day: report.rows["calls"] for report in flatten_days(lake, [EARLY, LATE], SETTINGS)}
    assert rows == {EARLY: 0, LATE: 1}
    assert merge_twins(lake, tmp_path, NOON + timedelta(hours=3)) == 0


def test_a_merge_that_was_killed_is_done_again_and_counts_each_attempt_once(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _register(lake, LOWER, EARLY, NOON)
    _register(lake, LOWER.upper(), LATE, NOON + timedelta(hours=1))
    _answer(lake, LOWER.upper(), LATE)
    append: Callable[..., Path] = Lake.append

    def killed(self: Lake, table: object, *rest: object) -> Path:
        if table is RAW_ANSWERS:
            return append(self, table, *rest)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Lake, "append", killed)
        with pytest.raises(KeyboardInterrupt):
            merge_twins(lake, tmp_path, NOON + timedelta(hours=2))
    assert merge_twins(lake, tmp_path, NOON + timedelta(hours=3)) == 1
    assert _states(lake) == [(LOWER, EARLY, "settled", 1)]


def test_ids_of_another_form_differ_by_case(lake: Lake, tmp_path: Path) -> None:
    _register(lake, "abc", EARLY, NOON)
    _register(lake, "ABC", EARLY, NOON)
    assert merge_twins(lake, tmp_path, NOON) == 0
    assert len(_states(lake)) == 2


@pytest.mark.parametrize("task_id", [LOWER, LOWER.upper(), "ABC", LOWER.upper() + "0", LOWER.upper()[:-1] + "G"])
def test_one_id_and_a_column_of_ids_are_read_alike(task_id: str) -> None:
    (found,) = pl.DataFrame({"task_id": [task_id]}).select(identity()).to_series()
    assert found == identity_of(task_id)
    assert (found == task_id.lower()) == (task_id.lower() == LOWER or task_id.islower())
