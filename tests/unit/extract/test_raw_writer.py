import asyncio
import hashlib
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dialflo_pipeline.api.client import ApiResponse
from dialflo_pipeline.api.request import TaskFetch
from dialflo_pipeline.core.classify import Classification
from dialflo_pipeline.core.schema import RAW_ANSWERS, Result, Table
from dialflo_pipeline.extract import raw_writer as answer_log_module
from dialflo_pipeline.extract.raw_writer import open_raw_writer
from dialflo_pipeline.lake.store import Lake

DAY, NEXT_DAY = date(2024, 5, 1), date(2024, 5, 2)
SENT = datetime(2024, 5, 1, 12, tzinfo=UTC)
DAYS = {f"id-{number}": DAY for number in range(100)} | {"tomorrow": NEXT_DAY}


class FullDisk(OSError):
    """What a lake in these tests fails with."""


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake", tmp_path / "aside")


@pytest.fixture
def ended() -> Callable[..., TaskFetch]:
    """An asking that ended with these bodies, one a try."""

    def make(task_id: str, *bodies: bytes) -> TaskFetch:
        asking = TaskFetch(task_id)
        for body in bodies:
            digest = hashlib.sha256(body).hexdigest()
            asking.add(
                SENT, Classification(Result.MALFORMED, error="why"), ApiResponse(200, body, len(body), digest, None)
            )
        return asking

    return make


def _small(monkeypatch: pytest.MonkeyPatch, *, seconds: float = 3_600, tries: int = 10**9, size: int = 10**12) -> None:
    for name, value in (("FLUSH_SECONDS", seconds), ("FLUSH_ATTEMPTS", tries), ("FLUSH_BYTES", size)):
        monkeypatch.setattr(answer_log_module, name, value)


def _log(lake: Lake, askings: Sequence[tuple[TaskFetch, bool]]) -> None:
    async def main() -> None:
        async with open_raw_writer(lake, DAYS) as log:
            for asking, stopped_run in askings:
                log.add(asking, stopped_run)
                await log.room()

    asyncio.run(main())


def test_every_try_is_a_row_with_its_body_unchanged(lake: Lake, ended: Callable[..., TaskFetch]) -> None:
    bodies = [bytes(range(256)), b"", b' {"a" :1}\n']
    asking = ended("id-1", *bodies)
    asking.sent_at = SENT
    asking.record_interrupted()
    _log(lake, [(asking, True)])
    rows = lake.read(RAW_ANSWERS, DAY)
    RAW_ANSWERS.schema.validate(rows)
    assert rows["body"].to_list() == [*bodies, None]
    assert rows["body_bytes"].to_list() == [256, 0, 10, None]
    assert rows["body_sha256"].to_list() == [*(hashlib.sha256(body).hexdigest() for body in bodies), None]
    assert rows["attempt"].to_list() == [1, 2, 3, 4]
    assert rows["is_last"].to_list() == [False, False, False, True]
    assert rows["status"].to_list() == [200, 200, 200, None]
    assert rows["result"].to_list() == ["garbage"] * 3 + ["trouble"]
    assert rows["error"].to_list() == ["why"] * 3 + ["the run was stopped"]
    assert set(rows["requested_at"]) == {SENT}
    for column, value in {
        "task_id": "id-1",
        "asking_id": asking.asking_id,
        "stopped_run": True,
        "source": "api",
    }.items():
        assert set(rows[column]) == {value}


def test_many_large_answers_at_once_go_to_several_files_and_no_asking_is_in_two(
    lake: Lake, ended: Callable[..., TaskFetch], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        async with open_raw_writer(lake, DAYS) as log:
            for number in range(9):
                log.add(ended(f"id-{number}", b"x" * 60, b"y" * 60), number == 8)

    _small(monkeypatch, size=200)
    asyncio.run(main())
    files = [pl.read_parquet(path, columns=["task_id", "attempt"]) for path in lake.files(RAW_ANSWERS, DAY)]
    assert [file.height for file in files] == [4, 4, 4, 4, 2]
    assert pl.concat(files).rows() == [(f"id-{number}", attempt) for number in range(9) for attempt in (1, 2)]


def test_rows_go_to_the_days_of_their_ids_in_few_files(lake: Lake, ended: Callable[..., TaskFetch]) -> None:
    _log(lake, [(ended(f"id-{number}", b"x"), False) for number in range(50)] + [(ended("tomorrow", b"y"), False)])
    assert lake.read(RAW_ANSWERS, DAY).height == 50
    assert lake.read(RAW_ANSWERS, NEXT_DAY)["task_id"].to_list() == ["tomorrow"]
    assert len(lake.files(RAW_ANSWERS, DAY)) == len(lake.files(RAW_ANSWERS, NEXT_DAY)) == 1


def test_nothing_asked_leaves_no_file(lake: Lake) -> None:
    _log(lake, [])
    assert not lake.root.exists()


@pytest.mark.parametrize("limits", [{"tries": 7}, {"size": 700}])
def test_a_full_buffer_is_written_at_once_and_askings_stay_in_one_file(
    lake: Lake, ended: Callable[..., TaskFetch], monkeypatch: pytest.MonkeyPatch, limits: dict[str, Any]
) -> None:
    _small(monkeypatch, **limits)
    _log(lake, [(ended(f"id-{number}", b"x" * 100, b"y" * 100), False) for number in range(20)])
    assert len(lake.files(RAW_ANSWERS, DAY)) >= 4
    for path in lake.files(RAW_ANSWERS, DAY):
        tries = pl.read_parquet(path).group_by("asking_id").len()["len"]
        assert set(tries) == {2}
    assert lake.read(RAW_ANSWERS, DAY).height == 40


def test_what_is_buffered_is_written_after_a_while(
    lake: Lake, ended: Callable[..., TaskFetch], monkeypatch: pytest.MonkeyPatch
) -> None:
    _small(monkeypatch, seconds=0.01)

    async def main() -> int:
        async with open_raw_writer(lake, DAYS) as log, asyncio.timeout(30):
            log.add(ended("id-1", b"x"), False)
            while not lake.files(RAW_ANSWERS, DAY):
                await asyncio.sleep(0.005)
            return lake.read(RAW_ANSWERS, DAY).height

    assert asyncio.run(main()) == 1


def test_adding_waits_while_a_full_buffer_is_written(
    lake: Lake, ended: Callable[..., TaskFetch], monkeypatch: pytest.MonkeyPatch
) -> None:
    _small(monkeypatch, tries=2)
    has_begun, may_write = threading.Event(), threading.Event()
    append = Lake.append

    def slow(lake: Lake, table: Table, frame: pl.DataFrame, day: date, *rest: Any) -> Path:
        has_begun.set()
        assert may_write.wait(30)
        return append(lake, table, frame, day, *rest)

    monkeypatch.setattr(Lake, "append", slow)

    async def main() -> bool:
        async with open_raw_writer(lake, DAYS) as log:
            log.add(ended("id-1", b"x", b"y"), False)
            assert await asyncio.to_thread(has_begun.wait, 30)
            log.add(ended("id-2", b"x", b"y"), False)
            waiting = asyncio.create_task(log.room())
            await asyncio.wait([waiting], timeout=0.05)
            had_to_wait = not waiting.done()
            may_write.set()
            await asyncio.wait_for(waiting, 30)
            return had_to_wait

    assert asyncio.run(main())
    assert lake.read(RAW_ANSWERS, DAY).height == 4


def _fail(*_: object) -> None:
    raise FullDisk(28, "No space left on device")


def test_a_failed_flush_is_raised_to_who_adds_and_when_the_log_is_left(
    lake: Lake, ended: Callable[..., TaskFetch], monkeypatch: pytest.MonkeyPatch
) -> None:
    _small(monkeypatch, tries=1)
    monkeypatch.setattr(Lake, "append", _fail)

    async def main() -> BaseException | None:
        async with open_raw_writer(lake, DAYS) as log:
            log.add(ended("id-1", b"x"), False)
            try:
                await asyncio.wait_for(log.room(), 30)
            except FullDisk as failure:
                return failure
        return None

    with pytest.raises(FullDisk):
        asyncio.run(main())


def test_a_failed_last_flush_is_raised(
    lake: Lake, ended: Callable[..., TaskFetch], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Lake, "append", _fail)
    with pytest.raises(FullDisk):
        _log(lake, [(ended("id-1", b"x"), False)])


@pytest.mark.parametrize("ending", [ZeroDivisionError, asyncio.CancelledError, KeyboardInterrupt])
def test_whatever_ends_the_run_what_was_added_is_written(
    lake: Lake, ended: Callable[..., TaskFetch], ending: type[BaseException]
) -> None:
    async def main() -> None:
        async with open_raw_writer(lake, DAYS) as log:
            log.add(ended("id-1", b"x"), False)
            raise ending

    with pytest.raises(ending):
        asyncio.run(main())
    assert lake.read(RAW_ANSWERS, DAY).height == 1
