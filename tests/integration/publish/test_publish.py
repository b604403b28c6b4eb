import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest

from dialflo_pipeline.core.errors import DamagedFile, NotPublished, TransientError
from dialflo_pipeline.core.schema import TASKS, WAREHOUSE_TABLES
from dialflo_pipeline.lake.store import Lake
from dialflo_pipeline.load import loader
from dialflo_pipeline.marts import build as marts
from dialflo_pipeline.marts.settings import MartSettings
from dialflo_pipeline.publish import publish
from dialflo_pipeline.publish.protection import discard_stray_log, has_stray_log
from tests.support.root_rights import give_up_roots_rights

pytestmark = pytest.mark.usefixtures("few_marts")

SETTINGS = MartSettings("UTC", 3, 30)
DAY = date(2024, 5, 6)

HOLD_FOR_WRITING = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1])
print("open", flush=True)
sys.stdin.read()
"""


class Site:
    """A data directory: what a sync does to it after the lake, step by step."""

    def __init__(self, root: Path) -> None:
        self.private = root / "work" / "warehouse.duckdb"
        self.published = root / "warehouse.duckdb"
        self.lake = Lake(root / "lake", root / "work")

    def load(self, *task_ids: str) -> None:
        for table in WAREHOUSE_TABLES:
            self.lake.replace(table, [], DAY)
        then = datetime(2024, 5, 7, tzinfo=UTC)
        tasks = [{"task_id": t, "registered_at": then, "state": "pending", "attempts": 0} for t in task_ids]
        self.lake.replace(TASKS, [pl.DataFrame(tasks, schema=TASKS.frame_schema)], DAY)
        loader.load(self.private, self.lake, {DAY: " ".join(task_ids)})

    def build(self) -> None:
        marts.build(self.private, SETTINGS)

    def publish(self) -> None:
        publish.publish(self.private, self.published, self.private.parent)

    def are_marts_current(self) -> bool:
        return marts.marts_are_current(self.private, SETTINGS)

    def is_published(self) -> bool:
        return publish.is_published(self.private, self.published)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def task_ids(connection: duckdb.DuckDBPyConnection) -> list[str]:
    return [row[0] for row in connection.execute("SELECT task_id FROM main.tasks ORDER BY 1").fetchall()]


@contextmanager
def another_program_writing(path: Path) -> Iterator[None]:
    command = [sys.executable, "-c", HOLD_FOR_WRITING, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "open\n"
        yield
        program.communicate()


def test_what_is_published_is_the_private_file_byte_for_byte(site: Site) -> None:
    site.load("a")
    site.build()
    site.publish()
    assert site.published.read_bytes() == site.private.read_bytes()
    assert sorted(path.name for path in site.private.parent.iterdir()) == ["warehouse.duckdb"]


def test_a_step_that_did_not_happen_is_noticed(site: Site) -> None:
    assert (site.are_marts_current(), site.is_published()) == (False, False)
    site.load("a")
    assert (site.are_marts_current(), site.is_published()) == (False, False)
    site.build()
    assert (site.are_marts_current(), site.is_published()) == (True, False)
    site.publish()
    assert (site.are_marts_current(), site.is_published()) == (True, True)
    site.load("a", "b")
    assert not site.are_marts_current()
    site.build()
    assert (site.are_marts_current(), site.is_published()) == (True, False)
    site.publish()
    assert site.is_published()
    site.published.unlink()
    assert not site.is_published()


def test_a_program_killed_after_loading_leaves_what_the_next_run_needs(site: Site) -> None:
    site.load("a")
    script = (
        "import os, sys; from pathlib import Path\n"
        "from dialflo_pipeline.storage import duckdb_file\n"
        "connection = duckdb_file.open_file(Path(sys.argv[1]), read_only=False)\n"
        "connection.execute(\"UPDATE pipeline.loaded_days SET fingerprint = 'other'\")\n"
        "os._exit(9)\n"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(site.private)], check=False, env={**os.environ})
    assert killed.returncode == 9
    assert loader.stale_days(site.private, {DAY: "a"}) == [DAY]
    site.load("a")
    site.build()
    site.publish()
    assert site.is_published()


def test_an_unrelated_connection_of_the_same_process_is_no_hindrance(site: Site) -> None:
    site.load("a")
    site.build()
    site.publish()
    with duckdb.connect(site.published, read_only=True) as reader:
        assert site.is_published()
        with publish.read_published(site.published) as other:
            assert task_ids(other) == ["a"]
        assert task_ids(reader) == ["a"]


def test_a_reader_keeps_the_old_file_until_it_opens_the_new_one(site: Site) -> None:
    site.load("a")
    site.build()
    site.publish()
    with publish.read_published(site.published) as reader:
        assert task_ids(reader) == ["a"]
        site.load("a", "b")
        site.build()
        site.publish()
        assert task_ids(reader) == ["a"]
        with publish.read_published(site.published) as later:
            assert task_ids(later) == ["a", "b"]
        assert site.is_published()


def test_a_program_that_writes_into_the_published_file_stops_nothing(site: Site) -> None:
    site.load("a")
    site.build()
    site.publish()
    with another_program_writing(site.published):
        with pytest.raises(TransientError, match="another program"):
            publish.read_published(site.published)
        assert not site.is_published()
        site.publish()
        assert site.is_published()


def test_a_log_left_beside_the_published_file_is_not_replayed_over_the_new_one(site: Site) -> None:
    site.load("a")
    site.build()
    site.publish()
    log = site.published.with_name("warehouse.duckdb.wal")
    log.write_bytes(b"left by somebody")
    site.publish()
    assert not log.exists()
    assert site.is_published()


WRITE_AND_DIE = """
import duckdb, os, sys
connection = duckdb.connect(sys.argv[1])
connection.execute("DELETE FROM main.tasks")
os._exit(9)
"""


def leave_a_log(path: Path) -> None:
    """Change the file as a program that is killed before its changes reach the file."""
    path.chmod(0o644)
    subprocess.run([sys.executable, "-c", WRITE_AND_DIE, str(path)], check=False)
    assert path.with_name("warehouse.duckdb.wal").exists()


def test_changes_in_a_stray_log_never_reach_a_reader_of_the_next_version(site: Site) -> None:
    site.load("a")
    site.build()
    site.publish()
    leave_a_log(site.published)
    with publish.read_published(site.published) as reader:
        assert task_ids(reader) == []
    assert not site.is_published()
    site.publish()
    assert site.is_published()
    with publish.read_published(site.published) as reader:
        assert task_ids(reader) == ["a"]


def test_a_log_of_an_earlier_version_does_not_keep_readers_out(site: Site) -> None:
    site.load("a")
    site.build()
    site.publish()
    leave_a_log(site.published)
    log = site.published.with_name("warehouse.duckdb.wal")
    content = log.read_bytes()
    site.load("a", "b")
    site.build()
    site.publish()
    log.write_bytes(content)
    assert has_stray_log(site.published)
    discard_stray_log(site.published, site.private.parent)
    assert not has_stray_log(site.published)
    with publish.read_published(site.published) as reader:
        assert task_ids(reader) == ["a", "b"]


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot replace a file that is read-only")
def test_the_published_file_is_read_only_and_still_replaced(site: Site) -> None:
    for task_ids_ in (["a"], ["a", "b"]):
        site.load(*task_ids_)
        site.build()
        site.publish()
        assert site.published.stat().st_mode & 0o222 == 0
    with duckdb.connect(site.published, read_only=True) as reader:
        assert task_ids(reader) == ["a", "b"]
    assert site.private.stat().st_mode & 0o200


@pytest.mark.skipif(os.name == "nt", reason="needs the permissions of Unix")
def test_a_program_that_opens_the_published_file_for_writing_is_refused(site: Site) -> None:
    site.load("a")
    site.build()
    site.publish()
    command = [sys.executable, "-c", HOLD_FOR_WRITING, str(site.published)]
    done = subprocess.run(command, input=b"", capture_output=True, check=False, preexec_fn=give_up_roots_rights)
    assert done.returncode != 0
    assert b"denied" in done.stderr
    assert not has_stray_log(site.published)


def test_a_broken_published_file_is_replaced(site: Site) -> None:
    site.load("a")
    site.build()
    site.published.write_bytes(b"broken" * 10_000)
    with pytest.raises(DamagedFile, match=r"warehouse\.duckdb"):
        publish.read_published(site.published)
    assert not site.is_published()
    site.publish()
    assert site.is_published()


def test_a_private_file_in_use_is_not_copied(site: Site) -> None:
    site.load("a")
    with another_program_writing(site.private), pytest.raises(TransientError, match="another program"):
        site.publish()
    assert not site.published.exists()


def test_reading_before_anything_is_published_says_what_to_do(site: Site) -> None:
    with pytest.raises(NotPublished, match="run `dialflo sync`"):
        publish.read_published(site.published)
    with pytest.raises(NotPublished, match="run `dialflo sync`"):
        site.publish()


def test_the_published_file_cannot_be_written_through_the_reader(site: Site) -> None:
    site.load("a")
    site.build()
    site.publish()
    with publish.read_published(site.published) as reader, pytest.raises(duckdb.Error, match="read-only"):
        reader.execute("DELETE FROM main.tasks")


def test_a_reader_never_takes_a_name_for_a_variable_of_the_program(site: Site) -> None:
    site.load("a")
    site.publish()
    secret = pl.DataFrame({"x": [1]})
    assert secret.height == 1
    with publish.read_published(site.published) as reader, pytest.raises(duckdb.CatalogException):
        reader.execute("FROM secret")


def test_everything_in_the_published_file_has_a_comment(site: Site) -> None:
    site.load("a")
    site.build()
    site.publish()
    without = """
        SELECT table_name FROM duckdb_tables() WHERE comment IS NULL
        UNION ALL SELECT view_name FROM duckdb_views() WHERE comment IS NULL AND NOT internal
        UNION ALL SELECT table_name || '.' || column_name FROM duckdb_columns()
        WHERE comment IS NULL AND NOT internal AND schema_name <> 'pipeline'
    """
    with publish.read_published(site.published) as reader:
        assert reader.execute(without).fetchall() == []


def test_a_copy_under_another_name_can_be_attached(site: Site, tmp_path: Path) -> None:
    site.load("a")
    site.build()
    site.publish()
    copy = site.published.rename(tmp_path / "a copy.db")
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{copy}' AS mine (READ_ONLY)")
        for mart in ("answer_rate", "redial_backlog"):
            assert connection.execute(f"FROM mine.marts.{mart}").fetchall() == []
