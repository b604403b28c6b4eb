"""Readers old and new, each really installed: they open the published file, read all of it, and hold it open."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import filelock
import polars as pl
import pytest

from dialflo_pipeline.core.schema import TASKS, WAREHOUSE_TABLES
from dialflo_pipeline.core.settings import ENV_PREFIX
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.lake.store import Lake
from dialflo_pipeline.load import loader
from dialflo_pipeline.marts import build as marts
from dialflo_pipeline.marts.settings import MartSettings
from dialflo_pipeline.publish import publish
from dialflo_pipeline.simulator import SimulatorOptions, running_simulator, task_rows
from dialflo_pipeline.storage import duckdb_file
from dialflo_pipeline.storage.duckdb_file.compact import compact

pytestmark = [pytest.mark.services, pytest.mark.xdist_group("readers")]

VERSIONS = ("1.2.2", "1.5.5", "2.0.0")
PYTZ = "2025.2"
"""DuckDB's Python client wants it to hand over times with a zone."""

READERS = Path(__file__).resolve().parents[2] / "build" / "readers"
"""Kept, so that each version is installed once."""

DAY = date(2024, 5, 6)
SYNCS = 10

READ_ALL = """
import duckdb, json, sys
# As a tool without network would: nothing may have to be fetched to read the file.
options = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
connection = duckdb.connect(sys.argv[1], read_only=True, config=options)
tables = connection.execute(
    "SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT internal UNION ALL"
    " SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal"
).fetchall()
rows = {f"{schema}.{name}": len(connection.execute(f'FROM "{schema}"."{name}"').fetchall()) for schema, name in tables}
comments = connection.execute(
    "SELECT schema_name || '.' || table_name || '.' || column_name, comment FROM duckdb_columns()"
    " WHERE NOT internal AND schema_name IN ('main', 'marts')"
).fetchall()
print(json.dumps({"version": duckdb.__version__, "rows": rows, "comments": dict(comments)}))
"""
COUNT_TASKS = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1], read_only=True)
for _ in sys.stdin:
    print(connection.execute("SELECT count(*) FROM tasks").fetchone()[0], flush=True)
"""


@pytest.fixture(scope="session", params=VERSIONS)
def reader(request: pytest.FixtureRequest) -> Path:
    """The Python of an environment that has nothing but this version of DuckDB."""
    return _environment(request.param)


def _environment(version: str) -> Path:
    home = READERS / f"duckdb-{version}-python-{sys.version_info.major}.{sys.version_info.minor}"
    READERS.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(f"{home}.lock"):
        if not (home / "ready").exists():
            _run(sys.executable, "-m", "uv", "venv", "--quiet", "--clear", "--python", sys.executable, str(home))
            wanted = [f"duckdb=={version}", f"pytz=={PYTZ}"]
            python = str(home / "bin" / "python")
            _run(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", python, *wanted)
            (home / "ready").touch()
    return home / "bin" / "python"


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _read_all(reader: Path, published: Path) -> dict[str, Any]:
    return dict(json.loads(_run(str(reader), "-c", READ_ALL, str(published))))


def _own_view(published: Path) -> tuple[dict[str, int], int]:
    """The rows of every table and view as this process reads them, and how many columns readers find described."""
    with duckdb_file.connect(published, read_only=True) as connection:
        names = connection.execute(
            "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE NOT internal"
            " UNION ALL SELECT schema_name || '.' || view_name FROM duckdb_views() WHERE NOT internal"
        ).fetchall()
        rows = {name: len(connection.execute(f"FROM {name}").fetchall()) for (name,) in names}
        columns = connection.execute(
            "SELECT count(*) FROM duckdb_columns() WHERE NOT internal AND schema_name IN ('main', 'marts')"
        ).fetchone() or (0,)
    return rows, int(columns[0])


def test_a_reader_opens_the_file_and_reads_every_table_and_view(reader: Path, simulated: DataDir) -> None:
    found, (rows, columns) = _read_all(reader, simulated.published), _own_view(simulated.published)
    assert found["version"] in str(reader)
    assert found["rows"] == rows
    assert rows["main.published"] == 1
    assert rows["marts.redial_backlog"] > 0
    assert len(found["comments"]) == columns
    assert all(found["comments"].values())


def test_a_reader_reads_a_compacted_file(reader: Path, simulated: DataDir, tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    path.write_bytes(simulated.published.read_bytes())
    compact(path, tmp_path)
    assert _read_all(reader, path) == _read_all(reader, simulated.published)


@contextmanager
def _holding(reader: Path, published: Path) -> Iterator["subprocess.Popen[str]"]:
    command = [str(reader), "-c", COUNT_TASKS, str(published)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        yield program
        program.communicate()


def _ask(program: "subprocess.Popen[str]") -> int:
    assert program.stdin is not None
    assert program.stdout is not None
    program.stdin.write("count\n")
    program.stdin.flush()
    return int(program.stdout.readline())


@pytest.fixture(scope="session")
def privates(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The private file as each of several syncs leaves it, with a task more each time: the same for all readers."""
    root = tmp_path_factory.mktemp("privates")
    return [_with_tasks(root, count) for count in range(1, SYNCS + 2)]


def _with_tasks(root: Path, count: int) -> Path:
    private, lake = root / "work" / "w.duckdb", Lake(root / "lake", root / "work")
    then = datetime(2024, 5, 7, tzinfo=UTC)
    tasks = [{"task_id": f"t{i}", "registered_at": then, "state": "pending", "attempts": 0} for i in range(count)]
    for table in WAREHOUSE_TABLES:
        rows = tasks if table is TASKS else []
        lake.replace(table, [pl.DataFrame(rows, schema=table.frame_schema)], DAY)
    loader.load(private, lake, {DAY: str(count)})
    marts.build(private, MartSettings("UTC", 3, 30))
    return Path(shutil.copy(private, root / f"{count}.duckdb"))


def _publish(made: Path, root: Path) -> Path:
    (root / "work").mkdir(exist_ok=True)
    private, published = Path(shutil.copy(made, root / "work" / "w.duckdb")), root / "warehouse.duckdb"
    publish.publish(private, published, root / "work")
    return published


def test_a_reader_may_hold_the_file_through_ten_publications(
    reader: Path, privates: list[Path], tmp_path: Path
) -> None:
    published = _publish(privates[0], tmp_path)
    with ExitStack() as held:
        programs = [held.enter_context(_holding(reader, published))]
        assert _ask(programs[0]) == 1
        for count in range(2, SYNCS + 2):
            _publish(privates[count - 1], tmp_path)
            programs.append(held.enter_context(_holding(reader, published)))
            assert _ask(programs[-1]) == count
        assert [_ask(program) for program in programs] == list(range(1, SYNCS + 2))


def _dialflo(folder: Path, *arguments: str, stdin: str = "") -> None:
    command = [str(Path(sys.executable).parent / "dialflo"), *arguments]
    done = subprocess.run(command, cwd=folder, input=stdin, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_readers_old_and_new_hold_the_file_through_ten_syncs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = SimulatorOptions(days=1, tasks_per_day=4 * SYNCS)
    ids = [row.task_id for row in task_rows(options)]
    readers = [_environment(version) for version in VERSIONS]
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    with running_simulator(options) as simulator, ExitStack() as held:
        settings = {"DATA_DIR": str(tmp_path / "data"), "BASE_URL": simulator.base_url, "API_TOKEN": simulator.token}
        for name, value in settings.items():
            monkeypatch.setenv(f"{ENV_PREFIX}{name}", value)
        programs: list[tuple[int, subprocess.Popen[str]]] = []
        for count in range(1, SYNCS + 2):
            _dialflo(tmp_path, "tasks", "add", "-", stdin=ids[count])
            _dialflo(tmp_path, "sync")
            for reader in readers:
                programs.append((count, held.enter_context(_holding(reader, tmp_path / "data" / "warehouse.duckdb"))))
                assert _ask(programs[-1][1]) == count
        assert [_ask(program) for _, program in programs] == [count for count, _ in programs]
