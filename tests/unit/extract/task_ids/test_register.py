from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from dataframely.exc import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from dialflo_pipeline.core.schema import TASK_IDS
from dialflo_pipeline.extract.task_ids import register as register_module
from dialflo_pipeline.extract.task_ids.files.formats import Format
from dialflo_pipeline.extract.task_ids.files.reader import read
from dialflo_pipeline.extract.task_ids.register import Registration, register
from dialflo_pipeline.extract.task_ids.row_validation import TaskRow
from dialflo_pipeline.lake.store import Lake

NOW = datetime(2025, 6, 25, 20, tzinfo=UTC)
TODAY_IN_KOLKATA = date(2025, 6, 26)
Register = Callable[..., Registration]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake", tmp_path / "work" / "aside")


@pytest.fixture
def add(lake: Lake, tmp_path: Path, zone: ZoneInfo) -> Register:
    def _add(rows: Iterable[TaskRow], now: datetime = NOW) -> Registration:
        return register(lake, rows, now, zone, work_dir=tmp_path / "work")

    return _add


def row(task_id: str, day: str | None = None, attributes: str | None = None) -> TaskRow:
    return TaskRow(1, task_id, date.fromisoformat(day) if day else None, None, attributes)


def stored(lake: Lake) -> pl.DataFrame:
    days = [lake.read(TASK_IDS, day) for day in lake.days(TASK_IDS)]
    return pl.concat(days) if days else pl.DataFrame(schema=TASK_IDS.frame_schema)


def placed(lake: Lake) -> dict[str, str]:
    return {task_id: day.isoformat() for task_id, day in stored(lake).select("task_id", "call_date").iter_rows()}


def test_a_row_is_stored_with_all_it_says(lake: Lake, add: Register) -> None:
    completed_at = datetime(1969, 6, 24, 1, 2, 3, 4, UTC)
    add([TaskRow(1, "a", date(1969, 6, 24), completed_at, '{"k":1}')])
    assert stored(lake).rows() == [("a", date(1969, 6, 24), completed_at, NOW, '{"k":1}')]
    assert stored(lake).schema == TASK_IDS.frame_schema


def test_a_uuid_in_two_letter_cases_is_one_task_in_its_first_spelling(lake: Lake, add: Register) -> None:
    lower = "6f1c2a8e-aaaa-4000-8000-00000000beef"
    first = add([row(lower.upper(), "2025-06-24"), row(lower), row("abc"), row("ABC")])
    assert (first.registered, first.already_known) == (3, 1)
    assert add([row(lower), row(lower.title())]).already_known == 2
    assert sorted(stored(lake)["task_id"]) == ["6F1C2A8E-AAAA-4000-8000-00000000BEEF", "ABC", "abc"]


def test_a_row_without_a_day_belongs_to_the_day_of_registration_in_the_zone(lake: Lake, add: Register) -> None:
    assert add([row("a")]).days == {TODAY_IN_KOLKATA}
    assert placed(lake) == {"a": "2025-06-26"}


def test_the_first_registration_of_an_id_wins(lake: Lake, add: Register) -> None:
    assert add([row("a", "2025-01-01", '{"n":1}'), row("a", "2025-01-02", '{"n":2}')]) == Registration(
        1, 1, frozenset([date(2025, 1, 1)])
    )
    assert add([row("a", "2025-01-03"), row("b", "2025-01-03")], NOW + timedelta(days=1)) == Registration(
        1, 1, frozenset([date(2025, 1, 3)])
    )
    assert placed(lake) == {"a": "2025-01-01", "b": "2025-01-03"}
    assert stored(lake).filter(task_id="a").select("registered_at", "attributes").rows() == [(NOW, '{"n":1}')]


def test_ids_differ_by_the_case_of_their_letters(lake: Lake, add: Register) -> None:
    assert add([row("a"), row("A")]).registered == 2


def test_nothing_new_writes_nothing(lake: Lake, add: Register) -> None:
    add([row("a", "2025-01-01")])
    files = lake.files(TASK_IDS, date(2025, 1, 1))
    assert add([row("a", "2025-01-01")]) == Registration(0, 1)
    assert add([]) == Registration()
    assert lake.files(TASK_IDS, date(2025, 1, 1)) == files


def test_the_rows_of_a_day_go_into_one_file_in_their_order(lake: Lake, add: Register) -> None:
    days = ["2025-01-02", "2025-01-01", "2025-01-02"]
    add([row(f"id-{number}", days[number % 3]) for number in range(99)])
    assert [len(lake.files(TASK_IDS, day)) for day in lake.days(TASK_IDS)] == [1, 1]
    first_day = lake.read(TASK_IDS, date(2025, 1, 1))
    assert first_day.get_column("task_id").to_list() == [f"id-{number}" for number in range(1, 99, 3)]


@pytest.mark.parametrize("limit", ["PART_ROWS", "PART_BYTES", "KNOWN_ROWS"])
def test_parts_give_the_same_as_the_whole(
    monkeypatch: pytest.MonkeyPatch, lake: Lake, add: Register, limit: str
) -> None:
    monkeypatch.setattr(register_module, "FRAME_ROWS", 3)
    monkeypatch.setattr(register_module, limit, 7)
    rows = [row(f"id-{number % 20}", f"2025-01-{1 + number % 3:02}") for number in range(50)]
    result = add(rows)
    assert (result.registered, result.already_known) == (20, 30)
    assert placed(lake) == {f"id-{number}": f"2025-01-{1 + number % 3:02}" for number in range(20)}


def test_what_the_table_forbids_is_never_stored(lake: Lake, add: Register) -> None:
    with pytest.raises(ValidationError, match="regex"):
        add([row("../a")])
    assert lake.days(TASK_IDS) == []


CELL_IDS = st.sampled_from(["a", "b", "c", "d", "e", "F", "f", "g/h", "", "task_id", "x" * 129])
CELL_TIMES = st.sampled_from(["", "2025-06-24T18:29:59Z", "2025-06-24T18:30:00Z", "2025-06-24 23:00", "soon"])
CELL_DAYS = st.sampled_from(["", "2025-06-23", "2025-06-24", "2025-6-24"])
FILES = st.lists(st.lists(st.tuples(CELL_IDS, CELL_TIMES, CELL_DAYS), max_size=12), max_size=4)


@settings(max_examples=30, deadline=None)
@given(files=FILES)
def test_no_id_is_in_two_partitions_and_all_rows_are_accounted_for(
    files: list[list[tuple[str, str, str]]],
) -> None:
    with TemporaryDirectory() as folder:
        lake = Lake(Path(folder) / "lake", Path(folder) / "aside")
        registered: set[str] = set()
        for number, cells in enumerate(files):
            path = Path(folder) / "ids.csv"
            path.write_text("\n".join(["task_id,completed_at,call_date", *map(",".join, cells)]))
            task_file = read(path, Format.CSV, None, ZoneInfo("Asia/Kolkata"))
            now = NOW + timedelta(days=number)
            result = register(lake, task_file, now, ZoneInfo("Asia/Kolkata"), work_dir=Path(folder))
            assert result.registered + result.already_known + task_file.refused.count == len(cells)
            known = stored(lake).get_column("task_id").to_list()
            assert len(known) == len(set(known))
            assert registered <= set(known)
            registered = set(known)


def test_new_ids_without_a_day_are_counted_and_known_ones_are_not(add: Register) -> None:
    assert add([row("a"), row("b", "2025-06-24"), row("a")]).undated == 1
    second = add([row("a"), row("b"), row("c"), row("d")])
    assert (second.registered, second.undated) == (2, 2)
    assert second.undated_note == "2 ids have neither completed_at nor call_date and count for today."
    assert (Registration().undated_note, (second + Registration(undated=1)).undated) == (None, 3)
