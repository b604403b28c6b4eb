import errno
import hashlib
import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from dialflo_pipeline.core.errors import DamagedFile, DamagedRows, MissingChecksum
from dialflo_pipeline.core.schema import RAW_ANSWERS, TASK_IDS, TASKS, Table
from dialflo_pipeline.lake.store import Lake
from dialflo_pipeline.storage.parquet import checksum

DAY, NEXT_DAY = date(2024, 5, 1), date(2024, 5, 2)

Registered = Callable[..., pl.DataFrame]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake", tmp_path / "work" / "unfinished")


@pytest.fixture
def registered() -> Registered:
    """Rows of `task_ids` for these ids."""

    def make(*task_ids: str, day: date = DAY) -> pl.DataFrame:
        moment = datetime(2024, 5, 1, 12, 0, 0, 123_456, tzinfo=UTC)
        rows = [(task_id, day, None, moment, f'{{"id": "{task_id}"}}') for task_id in task_ids]
        return pl.DataFrame(rows, schema=TASK_IDS.frame_schema, orient="row")

    return make


def _answers(bodies: list[bytes | None]) -> pl.DataFrame:
    plain = dict.fromkeys(RAW_ANSWERS.columns) | {"call_date": DAY, "is_last": True, "stopped_run": False}
    rows = [plain | {"task_id": "a", "attempt": place, "body": body} for place, body in enumerate(bodies)]
    return pl.DataFrame(rows, schema=RAW_ANSWERS.frame_schema, orient="row")


def _left_aside(lake: Lake) -> list[Path]:
    return list(lake.aside.glob("*")) if lake.aside.exists() else []


def test_an_empty_lake_has_nothing(lake: Lake) -> None:
    assert lake.days(TASK_IDS) == []
    assert lake.files(TASK_IDS, DAY) == []
    assert lake.metadata(TASKS, DAY) is None
    assert lake.read(TASK_IDS, DAY).schema == TASK_IDS.frame_schema
    assert not lake.root.exists()


def test_rows_are_read_as_they_were_appended_in_the_order_of_their_files(lake: Lake, registered: Registered) -> None:
    for task_ids in (("c",), ("a", "b")):
        lake.append(TASK_IDS, registered(*task_ids), DAY)
    assert lake.read(TASK_IDS, DAY).equals(registered("c", "a", "b"))
    assert len(lake.files(TASK_IDS, DAY)) == 2


def test_bodies_come_back_byte_for_byte(lake: Lake) -> None:
    bodies: list[bytes | None] = [bytes(range(256)), b"", None, b"\0\0", b"x" * 3_000_000, "é".encode("utf-16")]
    lake.append(RAW_ANSWERS, _answers(bodies), DAY)
    assert lake.read(RAW_ANSWERS, DAY, ["body"])["body"].to_list() == bodies


def test_only_the_columns_asked_for_are_read(lake: Lake, registered: Registered) -> None:
    lake.append(TASK_IDS, registered("a"), DAY)
    assert lake.read(TASK_IDS, DAY, ["attributes", "task_id"]).columns == ["task_id", "attributes"]
    assert lake.read(TASK_IDS, DAY, ["call_date"])["call_date"].to_list() == [DAY]


def test_batches_keep_the_order_and_the_size_asked_for(lake: Lake, registered: Registered) -> None:
    ids = [f"id-{number:03d}" for number in range(100)]
    lake.append(TASK_IDS, registered(*ids[:70]), DAY)
    lake.append(TASK_IDS, registered(*ids[70:]), DAY)
    batches = list(lake.read_batches(TASK_IDS, DAY, ["call_date", "task_id"], batch_rows=30))
    assert max(batch.height for batch in batches) <= 30
    assert all(batch.columns == ["call_date", "task_id"] for batch in batches)
    assert pl.concat(batches)["task_id"].to_list() == ids


def test_days_are_found_in_order_and_kept_apart(lake: Lake, registered: Registered) -> None:
    for day in (NEXT_DAY, DAY):
        lake.append(TASK_IDS, registered(f"of-{day}", day=day), day)
    assert lake.days(TASK_IDS) == [DAY, NEXT_DAY]
    assert lake.read(TASK_IDS, NEXT_DAY)["task_id"].to_list() == [f"of-{NEXT_DAY}"]


def test_the_layout_is_the_documented_one_and_the_day_is_not_in_the_files(lake: Lake, registered: Registered) -> None:
    path = lake.append(TASK_IDS, registered("a"), DAY)
    assert path.parent == lake.root / "task_ids" / "call_date=2024-05-01"
    assert "call_date" not in pq.read_schema(path).names
    assert _left_aside(lake) == []


@pytest.mark.parametrize("frames", [["a"], ["a", "b"], []])
def test_a_replaced_day_has_one_file_with_what_was_handed_over_last(
    lake: Lake, registered: Registered, frames: list[str]
) -> None:
    lake.replace(TASK_IDS, [registered("old")], DAY, {"key": "old"})
    lake.replace(TASK_IDS, [registered(task_id) for task_id in frames], DAY, {"key": "newé"})
    assert lake.read(TASK_IDS, DAY)["task_id"].to_list() == frames
    assert lake.files(TASK_IDS, DAY) == [lake.file(TASK_IDS, DAY)]
    assert lake.metadata(TASK_IDS, DAY) == {"key": "newé"}


def test_a_replacement_that_fails_leaves_the_day_as_it_was(lake: Lake, registered: Registered) -> None:
    lake.replace(TASK_IDS, [registered("old")], DAY, {"key": "old"})

    def frames() -> Iterator[pl.DataFrame]:
        yield registered("new")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        lake.replace(TASK_IDS, frames(), DAY)
    assert lake.read(TASK_IDS, DAY)["task_id"].to_list() == ["old"]
    assert lake.metadata(TASK_IDS, DAY) == {"key": "old"}
    assert _left_aside(lake) == []


def test_a_file_being_written_is_not_in_the_lake_yet(lake: Lake, registered: Registered) -> None:
    with lake.replacing(TASK_IDS, DAY) as write:
        write(registered("new"))
        assert lake.files(TASK_IDS, DAY) == []
        assert len(_left_aside(lake)) == 1
    assert len(lake.files(TASK_IDS, DAY)) == 1


def test_a_dropped_day_is_gone_and_may_be_dropped_again(lake: Lake, registered: Registered) -> None:
    lake.replace(TASKS, [], DAY)
    lake.drop(TASKS, DAY)
    lake.drop(TASKS, DAY)
    assert lake.files(TASKS, DAY) == []


def test_other_files_in_a_partition_are_not_read(lake: Lake, registered: Registered) -> None:
    path = lake.append(TASK_IDS, registered("a"), DAY)
    (path.parent / "notes.txt").write_text("not mine")
    (path.parent / "half.parquet.tmp").write_bytes(b"PAR1")
    assert lake.read(TASK_IDS, DAY).height == 1


def test_any_bit_flipped_among_the_values_of_a_page_is_found(lake: Lake) -> None:
    # What does not compress is found in the file as it is.
    body = random.Random(7).randbytes(4_000)  # noqa: S311 - no secret
    path = lake.append(RAW_ANSWERS, _answers([body]), DAY)
    whole = path.read_bytes()
    start = whole.index(body[:100])
    for place in range(start, start + len(body), 97):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << place % 8
        path.write_bytes(damaged)
        with pytest.raises(DamagedFile) as caught:
            lake.read(RAW_ANSWERS, DAY, ["body"])
        assert str(path) in str(caught.value)


@pytest.mark.parametrize("table", [TASK_IDS, TASKS])
@pytest.mark.parametrize("kept", [0, 3, 100, -1, -8, -40])
def test_a_file_cut_off_is_told_with_its_place_and_the_remedy(lake: Lake, table: Table, kept: int) -> None:
    lake.replace(table, [], DAY)
    path = lake.file(table, DAY)
    path.write_bytes(path.read_bytes()[:kept])
    remedy = "sets it aside" if table is TASK_IDS else "rewrite it"
    for read in (lambda: lake.read(table, DAY), lambda: lake.metadata(table, DAY)):
        with pytest.raises(DamagedFile, match=remedy) as caught:
            read()
        assert str(path) in str(caught.value)


@pytest.mark.parametrize("old", [b"registered_at", b"task_id"])
@pytest.mark.parametrize("place", [0, 4])
@pytest.mark.parametrize("bit", [1, 128])
def test_a_column_whose_name_was_damaged_is_told_too(
    lake: Lake, registered: Registered, old: bytes, place: int, bit: int
) -> None:
    path = lake.append(TASK_IDS, registered("a"), DAY)
    broken = bytearray(old)
    broken[place] ^= bit
    path.write_bytes(path.read_bytes().replace(old, broken))
    with pytest.raises(DamagedFile):
        lake.read(TASK_IDS, DAY)


def test_a_file_of_other_types_is_not_taken_for_one_of_the_lake(lake: Lake) -> None:
    path = lake.append(TASK_IDS, pl.DataFrame(schema=TASK_IDS.frame_schema), DAY)
    pl.DataFrame({"task_id": [1], "completed_at": [2], "registered_at": [3], "attributes": [4]}).write_parquet(path)
    with pytest.raises(DamagedFile):
        lake.read(TASK_IDS, DAY)


def test_what_others_put_into_the_lake_is_not_looked_at(lake: Lake, registered: Registered) -> None:
    path = lake.append(TASK_IDS, registered("a"), DAY)
    for name in ("call_date=x", "call_date=2024-13-01", "call_date=20240502", "notes"):
        (path.parents[1] / name).mkdir()
    (path.parents[1] / f"call_date={NEXT_DAY}").write_text("a file where a folder has to be")
    (path.parent / "folder.parquet").mkdir()
    (path.parent / f".{path.name}").write_bytes(path.read_bytes())
    assert lake.days(TASK_IDS) == [DAY]
    assert lake.file_names(TASK_IDS, DAY) == [path.name]
    assert lake.file_names(TASK_IDS, NEXT_DAY) == []


def test_a_copy_beside_a_derived_file_does_not_double_its_rows(lake: Lake, registered: Registered) -> None:
    path = lake.replace(TASKS, [], DAY)
    (path.parent / "tasks (copy).parquet").write_bytes(path.read_bytes())
    assert lake.files(TASKS, DAY) == [path]


@pytest.mark.parametrize("seed", range(60))
def test_a_bit_flipped_anywhere_in_a_file_is_found_before_a_row_is_read(
    lake: Lake, registered: Registered, seed: int
) -> None:
    path = lake.append(TASK_IDS, registered("a", "b"), DAY)
    whole = bytearray(path.read_bytes())
    dice = random.Random(seed)  # noqa: S311 - no secret
    whole[dice.randrange(len(whole))] ^= 1 << dice.randrange(8)
    path.write_bytes(whole)
    if checksum.is_whole(path) is None and path.read_bytes()[-4:] == b"PAR1":
        # A bit of the word that says where the seal is: what it spoke for is as it was.
        assert lake.read(TASK_IDS, DAY).equals(registered("a", "b"))
        return
    with pytest.raises(DamagedFile) as caught:
        lake.read(TASK_IDS, DAY)
    assert caught.value.path == path


def test_a_body_that_did_not_come_so_is_told_with_its_file_and_the_number(lake: Lake) -> None:
    bodies: list[bytes | None] = [b"one", b"two", None, b""]
    told = [hashlib.sha256(body or b"").hexdigest() for body in (b"one", b"other", b"x", b"")]
    frame = _answers(bodies).with_columns(pl.Series("body_sha256", told))
    path = lake.append(RAW_ANSWERS, frame, DAY)
    with pytest.raises(DamagedRows, match="1 answer that") as caught:
        list(lake.read_batches(RAW_ANSWERS, DAY, ["task_id", "body"]))
    assert caught.value.path == path
    assert lake.sound_rows(RAW_ANSWERS, path, DAY)["body"].to_list() == [b"one", None, b""]


def test_a_derived_file_of_another_program_is_not_vouched_for(lake: Lake) -> None:
    path = lake.replace(TASKS, [], DAY)
    lake.verify(TASKS, path)
    pq.write_table(pq.read_table(path, partitioning=None), path)
    with pytest.raises(MissingChecksum):
        lake.verify(TASKS, path)
    path.unlink()
    with pytest.raises(DamagedFile, match="missing"):
        lake.verify(TASKS, path)


def test_a_file_that_may_not_be_read_is_not_taken_for_a_damaged_one(
    lake: Lake, registered: Registered, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.append(TASK_IDS, registered("a"), DAY)

    def forbidden(_: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(checksum, "is_whole", forbidden)
    with pytest.raises(PermissionError):
        lake.read(TASK_IDS, DAY)
