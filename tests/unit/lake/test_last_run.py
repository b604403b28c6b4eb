from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from dialflo_pipeline.lake.last_run import LAST_RUN, LastRun, last_run, note_run

BEGAN = datetime(2024, 5, 1, 12, 0, 0, 999_999, tzinfo=UTC)


def test_the_last_run_is_the_one_noted_last(tmp_path: Path) -> None:
    work = tmp_path / "work"
    note_run(work, "rebuild", BEGAN, BEGAN, "exit code 1")
    note_run(work, "sync", BEGAN, BEGAN + timedelta(minutes=1), "exit code 0")
    assert last_run(work) == LastRun("sync", "2024-05-01T12:00:00+00:00", "2024-05-01T12:01:00+00:00", "exit code 0")
    assert [path.name for path in work.iterdir()] == [LAST_RUN]


def test_times_keep_their_offset(tmp_path: Path) -> None:
    note_run(tmp_path, "sync", BEGAN.astimezone(timezone(timedelta(hours=5, minutes=30))), BEGAN, "é")
    noted = last_run(tmp_path)
    assert noted is not None
    assert datetime.fromisoformat(noted.started_at) == BEGAN.replace(microsecond=0)
    assert noted.outcome == "é"


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"what": "sync"}', '{"other": 1}', "\udcff"])
def test_a_note_that_cannot_be_read_is_no_note(tmp_path: Path, text: str) -> None:
    (tmp_path / LAST_RUN).write_bytes(text.encode("utf-8", "surrogateescape"))
    assert last_run(tmp_path) is None


def test_there_is_no_note_before_the_first_run(tmp_path: Path) -> None:
    assert last_run(tmp_path / "nowhere") is None
