"""The command line's way to write Dagster's run history leaves what Dagster's own leaves."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from dagster import (
    AssetCheckResult,
    AssetCheckSpec,
    AssetKey,
    AssetSpec,
    DagsterEventType,
    DagsterInstance,
    DataVersion,
    Definitions,
    MaterializeResult,
    multi_asset,
)
from dagster._core.instance.ref import InstanceRef

from dialflo_pipeline.defs.history.event_log import KeptConnections
from dialflo_pipeline.defs.history.run_history import with_kept_connections


@multi_asset(
    specs=[AssetSpec("one"), AssetSpec("two", deps=["one"])],
    check_specs=[AssetCheckSpec("in_order", asset="one"), AssetCheckSpec("odd", asset="two")],
)
def _both() -> Iterator[Any]:
    yield MaterializeResult(asset_key="one", metadata={"rows": 1}, data_version=DataVersion("7"))
    yield MaterializeResult(asset_key="two", data_version=DataVersion("8"))
    yield AssetCheckResult(asset_key="one", check_name="in_order", passed=True)
    yield AssetCheckResult(asset_key="two", check_name="odd", passed=False)


def _run(instance: DagsterInstance, times: int = 1) -> None:
    job = Definitions([_both]).resolve_implicit_global_asset_job_def()
    for _ in range(times):
        assert job.execute_in_process(instance=instance).success


def _instance(home: Path, *, quick: bool) -> DagsterInstance:
    home.mkdir(exist_ok=True)
    ref = InstanceRef.from_dir(str(home))
    return DagsterInstance.from_ref(with_kept_connections(ref) if quick else ref)


def _content(home: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All that can be compared of the files of a history; runs by the order of their files."""
    index = home / "history" / "runs" / "index.db"
    runs = sorted((path for path in index.parent.glob("*.db") if path != index), key=lambda path: path.stat().st_mtime)
    events = "SELECT dagster_event_type, step_key, asset_key, partition FROM event_logs ORDER BY id"
    return {
        "index": _rows(index, events),
        "assets": _rows(
            index, "SELECT asset_key, last_materialization IS NULL, asset_details FROM asset_keys ORDER BY 1"
        ),
        "tags": _rows(
            index, "SELECT asset_key, key, value FROM asset_event_tags WHERE key NOT LIKE '%input%' ORDER BY id"
        ),
        "checks": _rows(
            index,
            "SELECT asset_key, check_name, execution_status, evaluation_event_storage_id,"
            " materialization_event_storage_id FROM asset_check_executions ORDER BY id",
        ),
        **{f"run {place}": _rows(path, events) for place, path in enumerate(runs)},
        **{f"tables of {place}": _tables(path) for place, path in enumerate([index, *runs])},
        "revisions": [row for path in (index, *runs) for row in _rows(path, "SELECT version_num FROM alembic_version")],
    }


def _tables(path: Path) -> list[tuple[Any, ...]]:
    return _rows(path, "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2")


def _rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def test_a_history_is_the_one_that_dagster_itself_would_write(tmp_path: Path) -> None:
    for name in ("own", "quick"):
        with _instance(tmp_path / name, quick=name == "quick") as instance:
            _run(instance, times=2)
    own, quick = _content(tmp_path / "own"), _content(tmp_path / "quick")
    assert quick == own
    assert {len(own["run 0"]), len(own["run 1"])} != {0}
    assert own["checks"], "nothing was compared"


def test_a_history_that_is_there_is_opened_without_a_look_at_migrations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _instance(tmp_path, quick=False) as instance:
        _run(instance)

    def refuse(*_: object) -> None:
        raise AssertionError("read through all migrations")

    for module in ("event_log.sqlite.sqlite_event_log", "runs.sqlite.sqlite_run_storage"):
        monkeypatch.setattr(f"dagster._core.storage.{module}.check_alembic_revision", refuse)
    monkeypatch.setattr("dagster._core.storage.schedules.sqlite.sqlite_schedule_storage.check_alembic_revision", refuse)
    with _instance(tmp_path, quick=True) as instance:
        _run(instance)
    with closing(sqlite3.connect(tmp_path / "history" / "runs.db")) as connection:
        assert connection.execute("SELECT status FROM runs").fetchall() == [("SUCCESS",)] * 2


def test_who_asks_is_told_of_events_that_wait_to_be_written(tmp_path: Path) -> None:
    with _instance(tmp_path, quick=True) as instance:
        log = instance.event_log_storage
        assert isinstance(log, KeptConnections)
        _run(instance)
        run = instance.get_runs()[0]
        before = log.get_logs_for_run(run.run_id)
        made = next(event for event in before if event.dagster_event_type is DagsterEventType.ASSET_MATERIALIZATION)
        log.store_event(made)
        with closing(sqlite3.connect(log.path_for_shard(run.run_id))) as elsewhere:
            assert elsewhere.execute("SELECT count(*) FROM event_logs").fetchone() == (len(before),)
        assert len(log.get_logs_for_run(run.run_id)) == len(before) + 1
        log.store_event(made)
        assert instance.fetch_materializations(AssetKey("one"), limit=9).records[0].storage_id > 0


def test_what_waits_is_written_when_the_history_is_left(tmp_path: Path) -> None:
    with _instance(tmp_path, quick=True) as instance:
        _run(instance)
        run = instance.get_runs()[0]
        before = instance.all_logs(run.run_id)
        instance.event_log_storage.store_event(
            next(event for event in before if event.dagster_event_type is DagsterEventType.STEP_OUTPUT)
        )
    with _instance(tmp_path, quick=False) as instance:
        assert len(instance.all_logs(run.run_id)) == len(before) + 1
