"""Whole runs of the assets in this process, against answers that come over real HTTP."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dagster import AssetKey, DagsterInstance, build_schedule_context
from pydantic import SecretStr

from dialflo_pipeline.cli.commands.tasks import forget_ids, register_file
from dialflo_pipeline.cli.sync import rebuild, sync
from dialflo_pipeline.core.errors import TokenRefused
from dialflo_pipeline.core.schema import WAREHOUSE_TABLES
from dialflo_pipeline.core.settings import Settings
from dialflo_pipeline.defs.build import build_definitions
from dialflo_pipeline.defs.history.report_events import report_events
from dialflo_pipeline.defs.resources import Pipeline
from dialflo_pipeline.extract.task_ids.files.reader import read
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.simulator import RunningSimulator
from tests.support.canaries import TOKEN

PHONE = "917407656243"
DAYS = ("2026-03-01", "2026-03-04")


@pytest.fixture
def settings(tmp_path: Path, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    settings = Settings(
        data_dir=tmp_path / "data",
        base_url=simulator.base_url,
        api_token=SecretStr(simulator.token),
        rate_limit=0,
        timezone="Asia/Kolkata",
    )
    ids = tmp_path / "ids.csv"
    ids.write_text(f"task_id,call_date\na,{DAYS[0]}\nb,{DAYS[0]}\nc,{DAYS[1]}\n")
    register_file(settings, read(ids, None, None, settings.zone))
    return settings


def rows(settings: Settings, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(DataDir(settings.data_dir).published, read_only=True) as connection:
        return connection.execute(sql).fetchall()


def everything(settings: Settings) -> list[list[tuple[object, ...]]]:
    """All tables, and the stored part of the marts."""
    names = (*(table.name for table in WAREHOUSE_TABLES), "marts.answer_rate", "marts.redial_backlog_daily")
    return [rows(settings, f"FROM {name} ORDER BY ALL") for name in names]


def noted(instance: DagsterInstance, *key: str) -> dict[str, object]:
    """What was said of an asset when it was made last."""
    event = instance.get_latest_materialization_event(AssetKey(key))
    assert event is not None
    assert event.asset_materialization is not None
    return {name: value.value for name, value in event.asset_materialization.metadata.items()}


def test_forgotten_ids_are_shown_on_the_page(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIALFLO_DATA_DIR", str(settings.data_dir))
    assert forget_ids(["a"]) == forget_ids(["b"]) == 0
    with DagsterInstance.ephemeral() as instance:
        report_events(instance, DataDir(settings.data_dir))
        shown = noted(instance, "lake", "forgotten_ids")
    assert (shown["forgotten"], shown["dagster/row_count"]) == (1, 2)


def test_a_sync_is_repeatable_rebuildable_and_shown_by_dagster(settings: Settings, tmp_path: Path) -> None:
    assert sync(settings) == 0
    assert rows(settings, "SELECT call_date::VARCHAR, count(*) FROM calls GROUP BY 1 ORDER BY 1") == [
        (DAYS[0], 2),
        (DAYS[1], 1),
    ]
    first = everything(settings)

    assert sync(settings) == 0
    assert everything(settings) == first

    with duckdb.connect(DataDir(settings.data_dir).private) as private:
        private.execute("DELETE FROM calls")
    unreachable = settings.model_copy(update={"base_url": "http://127.0.0.1:9"})
    assert rebuild(unreachable) == 0
    assert everything(settings) == first

    home = tmp_path / "home"
    home.mkdir()
    with DagsterInstance.local_temp(str(home)) as instance:
        report_events(instance, DataDir(settings.data_dir))
        for table in ("raw_answers", "calls", "tasks"):
            assert set(DAYS) <= instance.get_materialized_partitions(AssetKey(["lake", table]))
        counted = sum(len(rows(settings, f"FROM {table.name}")) for table in WAREHOUSE_TABLES)
        assert noted(instance, "published", "warehouse")["dagster/row_count"] == counted

    written = [path for path in settings.data_dir.rglob("*") if path.is_file()]
    assert not [path.name for path in written if TOKEN.encode() in path.read_bytes()]
    history = [path for path in home.rglob("*") if path.is_file()]
    assert history
    assert not [path.name for path in history if PHONE.encode() in path.read_bytes()]


def test_a_refused_token_marks_nothing_and_still_shows_what_is_registered(settings: Settings) -> None:
    refused = settings.model_copy(update={"api_token": SecretStr("wrong")})
    with pytest.raises(TokenRefused, match="DIALFLO_API_TOKEN"):
        sync(refused)
    assert rows(settings, "SELECT DISTINCT state, last_status FROM tasks") == [("pending", None)]
    assert sync(settings) == 0
    assert rows(settings, "SELECT DISTINCT state FROM tasks") == [("settled",)]


def test_the_inbox_is_registered_by_a_run_of_its_own(settings: Settings) -> None:
    inbox = DataDir(settings.data_dir).inbox
    inbox.mkdir()
    (inbox / "more.jsonl").write_text(json.dumps({"task_id": "d", "completed_at": datetime.now(UTC).isoformat()}))
    with DagsterInstance.ephemeral() as instance:
        job = build_definitions(Pipeline(lambda: settings)).resolve_job_def("register")
        assert job.execute_in_process(instance=instance).success
        assert noted(instance, "lake", "task_ids")["registered"] == 1
    assert (inbox / "done" / "more.jsonl").is_file()


def test_the_run_that_the_schedule_asks_for_covers_the_waiting_days(settings: Settings) -> None:
    definitions = build_definitions(Pipeline(lambda: settings))
    at = datetime(2026, 3, 10, 20, 0, tzinfo=UTC)
    asked: Any = definitions.resolve_schedule_def("daily_sync")(build_schedule_context(scheduled_execution_time=at))
    with DagsterInstance.ephemeral() as instance:
        ran = definitions.resolve_job_def("sync").execute_in_process(
            instance=instance, run_config=asked.run_config, partition_key=asked.partition_key
        )
        assert ran.success
        assert instance.get_materialized_partitions(AssetKey(["lake", "calls"])) == set(DAYS), "and not today"
    assert rows(settings, "SELECT state, count(*) FROM tasks GROUP BY 1") == [("settled", 3)]


def test_days_from_before_the_first_partition_are_synced_all_the_same(settings: Settings) -> None:
    assert sync(settings.model_copy(update={"start_date": date(2026, 3, 5)})) == 0
    assert rows(settings, "SELECT state, count(*) FROM tasks GROUP BY 1") == [("settled", 3)]
