"""What Dagster shows of each day after runs of the schedule and the sensors, over several of them."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from dagster import AssetKey, DagsterInstance, DailyPartitionsDefinition, build_schedule_context, build_sensor_context
from pydantic import SecretStr

from dialflo_pipeline.cli.commands.tasks import register_file
from dialflo_pipeline.cli.sync import sync
from dialflo_pipeline.core.settings import Settings
from dialflo_pipeline.defs.build import build_definitions
from dialflo_pipeline.defs.history.report_events import report_events
from dialflo_pipeline.defs.resources import Pipeline
from dialflo_pipeline.extract import run as collect
from dialflo_pipeline.extract.circuit_breaker import StopReason
from dialflo_pipeline.extract.fetch import FetchReport
from dialflo_pipeline.extract.task_ids.files.reader import read
from dialflo_pipeline.flatten.days import flatten_days
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.run import stages
from dialflo_pipeline.simulator import RunningSimulator

DAYS = ("2026-03-01", "2026-03-04")
RAW, CALLS = AssetKey(["lake", "raw_answers"]), AssetKey(["lake", "calls"])
AT = datetime(2026, 3, 10, 20, 0, tzinfo=UTC)
DONE, FAILED = "MATERIALIZED", "FAILED"


@pytest.fixture
def settings(tmp_path: Path, simulator: RunningSimulator) -> Settings:
    """Ids of two days, and a token that the API takes."""
    settings = Settings(
        data_dir=tmp_path / "data",
        base_url=simulator.base_url,
        api_token=SecretStr(simulator.token),
        rate_limit=0,
        timezone="Asia/Kolkata",
    )
    register(settings, f"a,{DAYS[0]}", f"b,{DAYS[1]}")
    return settings


def register(settings: Settings, *rows: str) -> None:
    file = settings.data_dir.parent / "ids.csv"
    file.write_text("\n".join(["task_id,call_date", *rows]))
    register_file(settings, read(file, None, None, settings.zone))


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as instance:
        yield instance


def run(instance: DagsterInstance, settings: Settings, *, job: str = "sync", by: str = "daily_sync") -> bool:
    """Whether the run went right that the schedule, or the sensor, asks for."""
    definitions = build_definitions(Pipeline(lambda: settings))
    asked: Any
    if by == "due":
        asked = definitions.resolve_sensor_def(by)(build_sensor_context(instance))
    else:
        asked = definitions.resolve_schedule_def(by)(build_schedule_context(scheduled_execution_time=AT))
    assert asked.job_name == job
    return (
        definitions.resolve_job_def(job)
        .execute_in_process(
            instance=instance,
            run_config=asked.run_config,
            partition_key=asked.partition_key,
            raise_on_error=False,
        )
        .success
    )


def shown(instance: DagsterInstance, key: AssetKey) -> Mapping[str, str]:
    """The days that the page does not show grey, from the first one on."""
    partitions = DailyPartitionsDefinition(DAYS[0], timezone="Asia/Kolkata", end_offset=1)
    found = instance.get_status_by_partition(key, partitions.get_partition_keys(), partitions) or {}
    return {day: status.value for day, status in found.items() if status}


@pytest.mark.parametrize("by", ["daily_sync", "due"])
def test_a_day_without_tasks_stays_grey(instance: DagsterInstance, settings: Settings, by: str) -> None:
    assert run(instance, settings, by=by)
    assert shown(instance, RAW) == shown(instance, CALLS) == dict.fromkeys(DAYS, DONE)


def test_each_day_that_a_refused_token_left_waiting_is_red_and_no_other(
    instance: DagsterInstance, settings: Settings
) -> None:
    assert run(instance, settings)
    register(settings, f"c,{DAYS[0]}", "d,2026-03-02")
    refused = settings.model_copy(update={"api_token": SecretStr("wrong")})
    assert not run(instance, refused, by="due")
    assert shown(instance, RAW) == {DAYS[0]: FAILED, "2026-03-02": FAILED, DAYS[1]: DONE}

    assert run(instance, settings)
    assert shown(instance, RAW) == dict.fromkeys([*DAYS, "2026-03-02"], DONE)


def test_without_a_token_each_day_with_ids_that_wait_is_red(instance: DagsterInstance, settings: Settings) -> None:
    assert not run(instance, settings.model_copy(update={"api_token": None}))
    assert shown(instance, RAW) == dict.fromkeys(DAYS, FAILED)


def test_days_of_the_command_line_are_green_once_it_has_fetched_them(
    instance: DagsterInstance, settings: Settings
) -> None:
    unreachable = settings.model_copy(update={"base_url": "http://127.0.0.1:9", "tries": 1})
    assert sync(unreachable) == 1
    report_events(instance, DataDir(settings.data_dir))
    assert (shown(instance, RAW), shown(instance, CALLS)) == ({}, dict.fromkeys(DAYS, DONE))
    assert sync(settings) == 0
    report_events(instance, DataDir(settings.data_dir))
    assert shown(instance, RAW) == dict.fromkeys(DAYS, DONE)


def test_what_is_derived_of_a_day_that_could_not_be_fetched_is_shown_beside_it(
    instance: DagsterInstance, settings: Settings
) -> None:
    refused = settings.model_copy(update={"api_token": SecretStr("wrong")})
    assert not run(instance, refused)
    assert run(instance, refused, job="derive", by="due")
    assert (shown(instance, RAW), shown(instance, CALLS)) == (dict.fromkeys(DAYS, FAILED), dict.fromkeys(DAYS, DONE))


def test_a_day_that_was_fetched_before_the_api_went_down_is_green(
    instance: DagsterInstance, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch = collect.fetch_tasks

    async def fetch_the_first_day(lake: Any, ids: Mapping[str, date], *rest: Any) -> FetchReport:
        report = await fetch(lake, {name: day for name, day in ids.items() if day.isoformat() == DAYS[0]}, *rest)
        report.stopped = StopReason.API_DOWN
        return report

    monkeypatch.setattr(collect, "fetch_tasks", fetch_the_first_day)
    assert not run(instance, settings)
    assert shown(instance, RAW) == {DAYS[0]: DONE, DAYS[1]: FAILED}


def test_a_day_that_could_not_be_derived_is_red_and_those_before_it_green(
    instance: DagsterInstance, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flatten_the_first_day(*arguments: Any) -> Iterator[Any]:
        yield next(flatten_days(*arguments))
        raise OSError("no room")

    monkeypatch.setattr(stages, "flatten_days", flatten_the_first_day)
    assert not run(instance, settings)
    assert (shown(instance, RAW), shown(instance, CALLS)) == (
        dict.fromkeys(DAYS, DONE),
        {DAYS[0]: DONE, DAYS[1]: FAILED},
    )
