"""The pipeline's own sensors, over runs of the pipeline itself against an API that refuses its token."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from dagster import DagsterInstance, DefaultSensorStatus, ExecuteInProcessResult, RunRequest, build_sensor_context
from pydantic import SecretStr

from dialflo_pipeline.cli.commands.tasks import register_file
from dialflo_pipeline.cli.sync import sync
from dialflo_pipeline.core.errors import TokenRefused
from dialflo_pipeline.core.settings import Settings
from dialflo_pipeline.defs.build import build_definitions
from dialflo_pipeline.defs.deployment.home import home_beside
from dialflo_pipeline.defs.jobs import sync_request
from dialflo_pipeline.defs.resources import Pipeline
from dialflo_pipeline.extract.task_ids.files.reader import read
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.publish.publish import read_published
from dialflo_pipeline.simulator import SimulatorOptions, running_simulator

Hook = Any
EXAMPLE = Path(__file__).parents[2] / "cases" / "documented_response.json"


def test_a_wrong_token_is_one_message_and_a_right_one_resolves_it(tmp_path: Path, hook: Hook) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    for name in ("a", "b"):
        (documents / f"{name}.json").write_bytes(EXAMPLE.read_bytes())
    with running_simulator(SimulatorOptions(documents=documents, token="right")) as simulator:
        settings = Settings(
            data_dir=tmp_path / "data",
            base_url=simulator.base_url,
            api_token=SecretStr("wrong-token"),
            rate_limit=0,
            notify_webhook=SecretStr(hook.url),
        )
        ids = tmp_path / "ids.csv"
        ids.write_text("task_id,call_date\na,2026-03-01\nb,2026-03-02\n")
        register_file(settings, read(ids, None, None, settings.zone))
        sensor = build_definitions(Pipeline(lambda: settings)).resolve_sensor_def("tell_of_failed_runs")
        cursor = None
        with DagsterInstance.from_config(str(home_beside(DataDir(settings.data_dir)))) as instance:
            for token in (None, "wrong-token", "wrong-token", "right"):
                if token:
                    _sync(settings.model_copy(update={"api_token": SecretStr(token)}))
                context = build_sensor_context(instance, cursor=cursor)
                sensor(context)
                cursor = context.cursor
    failed, fine = [message["text"] for message in hook.got]
    assert failed.startswith("Dialflo: sync failed at raw_answers\nWhat: The API refused the token")
    assert "To do: Put a valid token in DIALFLO_API_TOKEN" in failed
    assert "Days: 2026-03-01 to 2026-03-02" in failed
    assert fine.startswith("Dialflo: resolved: step raw_answers")


def _sync(settings: Settings) -> None:
    with suppress(TokenRefused):
        sync(settings)


def test_an_unreachable_api_fails_its_run_sends_one_message_and_readers_go_on(tmp_path: Path, hook: Hook) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "a.json").write_bytes(EXAMPLE.read_bytes())
    with running_simulator(SimulatorOptions(documents=documents, token="right")) as simulator:
        up = Settings(
            data_dir=tmp_path / "data",
            base_url=simulator.base_url,
            api_token=SecretStr("right"),
            rate_limit=0,
            tries=1,
            notify_webhook=SecretStr(hook.url),
        )
        down = up.model_copy(update={"base_url": "http://127.0.0.1:9"})
        ids = tmp_path / "ids.csv"
        ids.write_text("task_id,call_date\na,2026-03-01\n")
        register_file(up, read(ids, None, None, up.zone))
        with DagsterInstance.from_config(str(home_beside(DataDir(up.data_dir)))) as instance:
            pipeline = _Scheduled(instance)
            pipeline.tell(up)
            assert not pipeline.run(down, "sync").success
            pipeline.tell(down)
            assert pipeline.run(down, "derive").success
            pipeline.tell(down)
            with read_published(DataDir(up.data_dir).published) as connection:
                assert connection.execute("SELECT state FROM tasks").fetchall() == [("pending",)]
            assert not pipeline.run(down, "sync").success
            pipeline.tell(down)
            assert len(hook.got) == 1
            assert pipeline.run(up, "sync").success
            pipeline.tell(up)
    failed, fine = [message["text"] for message in hook.got]
    assert failed.startswith(
        "Dialflo: sync failed at raw_answers\nWhat: The API is down or out of reach: no connection"
    )
    assert "To do: Nothing during an outage of the API" in failed
    assert fine.startswith("Dialflo: resolved: step raw_answers")


@dataclass
class _Scheduled:
    """Runs and looks as the daemon has them."""

    instance: DagsterInstance
    cursor: str | None = None

    def run(self, settings: Settings, job: str) -> ExecuteInProcessResult:
        """A sync, or what the sensor `due` asks for meanwhile, which must be of this job."""
        definitions = build_definitions(Pipeline(lambda: settings))
        request = definitions.resolve_sensor_def("due")(build_sensor_context(self.instance))
        if job == "sync":
            request = sync_request([date(2026, 3, 1)], "2026-03-01", "later")
        assert isinstance(request, RunRequest)
        assert request.job_name == job
        return definitions.resolve_job_def(job).execute_in_process(
            instance=self.instance,
            run_config=request.run_config,
            partition_key=request.partition_key,
            raise_on_error=False,
        )

    def tell(self, settings: Settings) -> None:
        """A look at what failed."""
        context = build_sensor_context(self.instance, cursor=self.cursor)
        build_definitions(Pipeline(lambda: settings)).resolve_sensor_def("tell_of_failed_runs")(context)
        self.cursor = context.cursor


@pytest.mark.parametrize("name", ["tell_of_failed_runs", "tell_of_failed_checks"])
def test_the_sensors_are_on_by_default_and_say_what_switches_them_off(tmp_path: Path, name: str) -> None:
    definitions = build_definitions(Pipeline(lambda: Settings(data_dir=tmp_path)))
    sensor = definitions.resolve_sensor_def(name)
    assert sensor.default_status is DefaultSensorStatus.RUNNING
    assert "DIALFLO_NOTIFY_WEBHOOK" in (sensor.description or "")
