"""Task ids from a database, over real SQLite files and a real lake; other databases are in tests/services."""

import os
import sqlite3
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from dialflo_pipeline.core.schema import TASK_IDS
from dialflo_pipeline.core.settings import Settings
from dialflo_pipeline.extract.task_ids.database import cursor as cursor_module
from dialflo_pipeline.extract.task_ids.database.cursor import PLACE
from dialflo_pipeline.extract.task_ids.database.source import (
    SourceReport,
    TaskSource,
    examine,
    has_news,
    read_source,
    source_of,
)
from dialflo_pipeline.lake.data_dir import DataDir

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
NEVER = timedelta(days=1000)
QUERY = "SELECT task_id, updated_at AS completed_at, updated_at FROM calls WHERE updated_at >= :cursor"
PLAIN = "SELECT task_id, updated_at FROM calls WHERE updated_at >= :cursor"
TEN, ELEVEN = "2026-01-01 10:00:00", "2026-01-01 11:00:00"


class Customer:
    """A customer's SQLite file, and the pipeline beside it."""

    def __init__(self, folder: Path) -> None:
        self.file, self.data_dir = folder / "customer.db", DataDir(folder / "data")
        self.sql("CREATE TABLE calls (task_id TEXT, updated_at TIMESTAMP, note)")

    def sql(self, statement: str, *rows: tuple[object, ...]) -> None:
        connection = sqlite3.connect(self.file)
        with connection:
            connection.executemany(statement, rows or [()])
        connection.close()

    def insert(self, *ids: str, at: object = TEN) -> None:
        self.sql("INSERT INTO calls (task_id, updated_at) VALUES (?, ?)", *((task_id, at) for task_id in ids))

    def source(self, query: str = QUERY, column: str | None = None) -> TaskSource:
        return TaskSource(SecretStr(f"sqlite:///{self.file}"), query, column, HOUR)

    def read(self, now: datetime = NOW, query: str = QUERY) -> SourceReport:
        return read_source(self.source(query), self.data_dir, now, ZoneInfo("Asia/Kolkata"))

    def news(self, now: datetime = NOW, late_every: timedelta = NEVER) -> bool:
        return has_news(self.source(), self.data_dir, now, late_every)

    def ids(self) -> list[str]:
        lake = self.data_dir.lake
        return sorted(task_id for day in lake.days(TASK_IDS) for task_id in lake.read(TASK_IDS, day)["task_id"])


@pytest.fixture
def customer(tmp_path: Path) -> Customer:
    return Customer(tmp_path)


def test_each_row_is_registered_once_with_its_day_and_attributes(customer: Customer) -> None:
    customer.sql("INSERT INTO calls VALUES ('a', '2026-01-01 20:00:00Z', 'x'), ('a', '2026-01-05 00:00:00', 'y')")
    report = customer.read(
        query="SELECT task_id, updated_at AS completed_at, note, updated_at AS cursor FROM calls"
        " WHERE cursor >= :cursor ORDER BY cursor"
    )
    assert (report.registration.registered, report.registration.already_known, report.problem) == (1, 1, None)
    lake = customer.data_dir.lake
    (row,) = lake.read(TASK_IDS, date(2026, 1, 2)).rows(named=True)
    assert (row["completed_at"], row["attributes"]) == (datetime(2026, 1, 1, 20, tzinfo=UTC), '{"note":"x"}')


def test_rows_that_share_a_time_with_the_last_one_are_found(customer: Customer) -> None:
    customer.insert("a")
    customer.read()
    for hours, task_id in [(0, "b"), (2, "c"), (9, "d"), (48, "e")]:
        customer.insert(task_id)
        assert customer.news(NOW + hours * HOUR)
        assert customer.read(NOW + hours * HOUR).registration.registered == 1
    assert customer.ids() == ["a", "b", "c", "d", "e"]


def test_a_row_of_an_older_time_is_found_until_the_overlap_is_over(customer: Customer) -> None:
    customer.insert("a", at=ELEVEN)
    customer.read()
    customer.insert("late", at=TEN)
    assert customer.read(NOW + HOUR * 0.99).registration.registered == 1
    assert customer.read(NOW + HOUR).registration.already_known == 2
    customer.insert("too-late", at=TEN)
    assert customer.read(NOW + 3 * HOUR).registration.already_known == 1
    assert customer.ids() == ["a", "late"]


def test_nobody_need_read_during_the_overlap_for_a_late_row_to_be_found(customer: Customer) -> None:
    customer.insert("a", at=ELEVEN)
    customer.read()
    customer.insert("late", at=TEN)
    assert customer.read(NOW + 24 * HOUR).registration.registered == 1


@pytest.mark.parametrize("values", [[1, 2, 3], [0.5, 1, 7.25], ["a", "b", "c"], [-5, 0, 5], ["", "!", "#"]])
def test_a_cursor_may_be_a_number_or_text(customer: Customer, values: list[object]) -> None:
    for number, value in enumerate(values):
        customer.insert(f"id-{number}", at=value)
        assert customer.read(NOW + number * 2 * HOUR, PLAIN).registration.registered == 1
    assert [customer.read(NOW + n * HOUR, PLAIN).registration.already_known for n in (9, 11)] == [2, 1]
    assert not has_news(customer.source(PLAIN), customer.data_dir, NOW, NEVER)


def test_there_is_news_only_while_rows_are_new(customer: Customer) -> None:
    assert not customer.news()
    assert customer.read().problem is None
    assert not customer.news()
    customer.insert("a", "b/refused")
    assert customer.news()
    customer.read()
    assert not customer.news()
    customer.insert("c")
    assert customer.news()


def test_late_rows_are_looked_for_now_and_then_until_the_overlap_is_over(customer: Customer) -> None:
    customer.insert("a")
    customer.read()
    assert not customer.news(NOW + HOUR / 12, HOUR / 6)
    assert customer.news(NOW + HOUR / 6, HOUR / 6)
    customer.read(NOW + HOUR)
    assert not customer.news(NOW + 99 * HOUR, HOUR / 6)


def test_a_bad_row_is_refused_with_its_number_and_its_neighbours_register(customer: Customer) -> None:
    customer.insert("a", "917407656243 x", "b")
    customer.sql("INSERT INTO calls VALUES ('c', '2026-01-01 10:00:00', CAST(X'FF41' AS TEXT)), (NULL, ?, 1)", (TEN,))
    report = customer.read(query=QUERY.replace(" FROM", ", note FROM"))
    assert customer.ids() == ["a", "b", "c"]
    assert [row.line for row in report.refused.first] == [2, 5]
    assert "917407656243" not in report.refused.summary()


@pytest.mark.parametrize("loss", ["lost", "old", "broken", "of another query"])
def test_a_place_that_is_lost_or_old_costs_only_reading_again(customer: Customer, loss: str) -> None:
    place = customer.data_dir.work / PLACE
    customer.insert("a")
    customer.read()
    old = place.read_bytes()
    customer.insert("b", at=ELEVEN)
    customer.read(NOW + 2 * HOUR)
    customer.read(NOW + 4 * HOUR)
    query = QUERY
    if loss == "lost":
        place.unlink()
    elif loss == "of another query":
        query = QUERY + " AND 1"
    else:
        place.write_bytes(old if loss == "old" else b"{")
    customer.insert("c", at=ELEVEN)
    report = customer.read(NOW + 6 * HOUR, query)
    assert (report.registration.registered, report.registration.already_known) == (1, 2)


def test_a_lake_put_back_from_an_older_copy_gets_its_ids_again(customer: Customer) -> None:
    customer.insert("a")
    customer.read()
    lake = customer.data_dir.lake
    before = set(lake.root.rglob("*.parquet"))
    customer.insert("b", at=ELEVEN)
    customer.read(NOW + 2 * HOUR)
    customer.read(NOW + 4 * HOUR)
    for path in set(lake.root.rglob("*.parquet")) - before:
        path.unlink()
    assert customer.news(NOW + 5 * HOUR)
    assert customer.read(NOW + 5 * HOUR).registration.registered == 1
    assert customer.ids() == ["a", "b"]


def test_a_kill_between_registering_and_keeping_the_place_loses_and_doubles_nothing(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def kill(*_: object) -> None:
        raise Killed

    customer.insert("a", "b")
    monkeypatch.setattr(cursor_module, "keep_place", kill)
    with pytest.raises(Killed):
        customer.read()
    monkeypatch.undo()
    assert customer.news()
    report = customer.read()
    assert (report.registration.registered, report.registration.already_known) == (0, 2)
    assert customer.ids() == ["a", "b"]


@pytest.mark.parametrize(
    ("query", "part"),
    [
        ("SELECT task_id, nope FROM calls WHERE updated_at >= :cursor", "no such column: nope"),
        ("SELECT task_id FROM calls WHERE updated_at >= :cursor", "DIALFLO_TASKS_CURSOR_COLUMN"),
        ("SELECT updated_at FROM calls WHERE updated_at >= :cursor", "task_id or task_uuid"),
        ("DELETE FROM calls WHERE updated_at >= :cursor RETURNING *", "DIALFLO_TASKS_QUERY"),
    ],
)
def test_a_query_that_cannot_be_used_is_told_and_costs_only_itself(customer: Customer, query: str, part: str) -> None:
    customer.insert("a")
    problem = customer.read(query=query).problem
    assert problem is not None
    assert part in problem
    assert customer.read().registration.registered == 1


def test_the_column_of_the_cursor_can_be_named(customer: Customer) -> None:
    customer.insert("a")
    query = "SELECT task_id, updated_at AS mark FROM calls WHERE coalesce(updated_at, 0) >= :cursor"
    assert customer.read(query=query).problem is not None
    named = customer.source(query, "mark")
    assert read_source(named, customer.data_dir, NOW, ZoneInfo("UTC")).registration.registered == 1
    assert "cursor mark" in examine(named, customer.data_dir)


def test_an_examination_tells_no_row(customer: Customer) -> None:
    customer.insert("canary-id", at="canary-time")
    customer.read()
    told = examine(customer.source(), customer.data_dir)
    assert "task_id, completed_at, updated_at" in told
    assert "canary" not in told


def test_many_rows_are_never_all_in_memory(customer: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dialflo_pipeline.extract.task_ids.database.connection.BATCH_ROWS", 10)
    monkeypatch.setattr("dialflo_pipeline.extract.task_ids.register.FRAME_ROWS", 50)
    monkeypatch.setattr("dialflo_pipeline.extract.task_ids.register.PART_ROWS", 100)
    customer.insert(*(f"id-{number}" for number in range(1_000)))
    assert customer.read().registration.registered == 1_000
    files = [
        name for day in customer.data_dir.lake.days(TASK_IDS) for name in customer.data_dir.lake.files(TASK_IDS, day)
    ]
    assert len(files) == 10


def test_without_a_database_no_connection_module_is_imported() -> None:
    code = (
        "import sys; from dialflo_pipeline.extract.task_ids.database import source;"
        " from dialflo_pipeline.core.settings import Settings; assert source.source_of(Settings()) is None;"
        " assert not [name for name in sys.modules if name.endswith(('database.connection', 'database.query'))]"
    )
    env = {name: value for name, value in os.environ.items() if not name.startswith("DIALFLO_")}
    subprocess.run([sys.executable, "-c", code], check=True, env=env, cwd=Path(__file__).parents[5])


def test_a_source_is_what_the_settings_say(tmp_path: Path) -> None:
    dsn = SecretStr(f"sqlite:///{tmp_path}/x.db")
    settings = Settings(tasks_dsn=dsn, tasks_query=QUERY, tasks_overlap_minutes=5, tasks_cursor_column="mark")
    assert source_of(settings) == TaskSource(dsn, QUERY, "mark", timedelta(minutes=5))
    assert str(tmp_path) not in f"{settings!r}{source_of(settings)!r}{settings.model_dump_json()}"
