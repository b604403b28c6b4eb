"""The sensors' ticks on a real Dagster history, with messages to real servers."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetKey,
    AssetSelection,
    Config,
    DagsterEvent,
    DagsterEventType,
    DagsterInstance,
    DagsterRunStatus,
    DailyPartitionsDefinition,
    Definitions,
    RunConfig,
    SensorDefinition,
    SkipReason,
    asset,
    asset_check,
    build_sensor_context,
    define_asset_job,
)
from dagster._core.test_utils import create_run_for_test  # the only way to a run that never started
from pydantic import SecretStr

from dialflo_pipeline.alerts import channels as channels_module
from dialflo_pipeline.alerts.incidents import NOTIFY_AGAIN_AFTER, IncidentLog
from dialflo_pipeline.core.errors import TokenRefused
from dialflo_pipeline.core.settings import Settings
from dialflo_pipeline.defs.history.run_content import was_cut_off
from dialflo_pipeline.defs.resources import Pipeline
from dialflo_pipeline.defs.sensors.killed_runs import report_killed
from dialflo_pipeline.defs.sensors.notifications import NOTIFICATIONS_OFF, failure_sensors

Hook = Any
PHONE = "+4915112345678"
DAYS = DailyPartitionsDefinition("2026-03-01", end_date="2026-03-10")


@dataclass
class Project:
    """A small project of its own whose assets and checks do as they are told, and its history."""

    settings: Settings
    instance: DagsterInstance
    raised: dict[str, Exception] = field(default_factory=dict)
    """By step: what it raises."""
    result: AssetCheckResult = field(default_factory=lambda: AssetCheckResult(passed=True))
    cursors: dict[str, str | None] = field(default_factory=dict)
    said: str = ""
    """What the last tick said of itself."""

    def run(self, day: str | None = "2026-03-01", first: str | None = None, tags: dict[str, str] | None = None) -> str:
        """One run of everything, over a day or from `first` to it; its id."""
        config = RunConfig(ops={"fetch": SpanConfig(first_day=first, last_day=day)}) if first else None
        job = self.definitions().resolve_job_def("sync")
        ended = job.execute_in_process(
            instance=self.instance, partition_key=day, run_config=config, raise_on_error=False, tags=tags
        )
        return ended.run_id

    def tick(self, name: str = "tell_of_failed_runs") -> None:
        """One evaluation of a sensor, as the daemon does it: from the cursor that the last one left."""
        sensor = self.sensor(name)
        context = build_sensor_context(self.instance, cursor=self.cursors.get(name), sensor_name=name)
        skipped = sensor(context)
        assert isinstance(skipped, SkipReason)
        self.said = skipped.skip_message or ""
        self.cursors[name] = context.cursor

    def sensor(self, name: str) -> SensorDefinition:
        """Ours, over the runs of this project."""
        sensors = failure_sensors(Pipeline(lambda: self.settings), frozenset(["fetch"]))
        return next(sensor for sensor in sensors if sensor.name == name)

    def age(self, by: timedelta, name: str = "tell_of_failed_runs") -> None:
        """Let what was told have been told so much earlier."""
        incidents = IncidentLog.model_validate_json(self.cursors[name] or "")
        for incident in incidents.open:
            assert incident.notified_at
            incident.notified_at -= by
        self.cursors[name] = incidents.model_dump_json()

    def definitions(self) -> Definitions:
        """Two assets by day, one after the other, a check that blocks nothing, and one that blocks."""

        @asset(partitions_def=DAYS)
        def fetch(config: SpanConfig) -> None:
            self._go("fetch")

        @asset(deps=[fetch])
        def load() -> None:
            self._go("load")

        @asset_check(asset=load, blocking=True)
        def keys_are_unique() -> AssetCheckResult:
            self._go("check")
            return self.result

        job = define_asset_job("sync", AssetSelection.all())
        return Definitions(assets=[fetch, load], asset_checks=[keys_are_unique], jobs=[job])

    def _go(self, step: str) -> None:
        if step in self.raised:
            raise self.raised[step]


class SpanConfig(Config):
    """Settings as the steps by day have them."""

    first_day: str | None = None
    last_day: str | None = None


@pytest.fixture
def project(tmp_path: Path, hook: Hook) -> Iterator[Project]:
    """Ready: both sensors have had their first tick."""
    settings = Settings(
        data_dir=tmp_path / "data",
        api_token=SecretStr("t0ken-of-the-api"),
        notify_webhook=SecretStr(hook.url),
        notify_ui_url="https://dagster.test",
    )
    with DagsterInstance.ephemeral() as instance:
        project = Project(settings, instance)
        project.tick()
        project.tick("tell_of_failed_checks")
        yield project


@pytest.fixture
def refused(project: Project) -> Project:
    """The project, and the API refuses its token."""
    project.raised["fetch"] = TokenRefused("The API refused the token in DIALFLO_API_TOKEN. Nothing was marked failed.")
    return project


def texts(hook: Hook) -> list[str]:
    return [message["text"] for message in hook.got]


def test_a_refused_token_is_one_message_that_names_the_remedy(refused: Project, hook: Hook) -> None:
    last = [refused.run(day) for day in ("2026-03-01", "2026-03-02", "2026-03-02")][-1]
    refused.tick()
    refused.run("2026-03-03")
    refused.tick()
    (text,) = texts(hook)
    assert text.startswith("Dialflo: sync failed at fetch\nWhat: The API refused the token in DIALFLO_API_TOKEN.")
    assert "To do: Put a valid token in DIALFLO_API_TOKEN" in text
    assert "Seen: 3 times" in text
    assert "Days: 2026-03-01 to 2026-03-02" in text
    assert f"https://dagster.test/runs/{last}" in text
    assert str(refused.settings.data_dir) in text


def test_after_it_was_fine_for_its_days_that_is_told_and_it_is_told_again(refused: Project, hook: Hook) -> None:
    refused.run("2026-03-04")
    refused.tick()
    failure = refused.raised.pop("fetch")
    refused.run("2026-03-05")
    refused.tick()
    assert len(hook.got) == 1, "another day that went right says nothing of this one"
    refused.run("2026-03-05", first="2026-03-01")
    refused.tick()
    assert [text.splitlines()[0] for text in texts(hook)[1:]] == ["Dialflo: resolved: step fetch"]
    refused.raised["fetch"] = failure
    refused.run("2026-03-04")
    refused.tick()
    assert len(hook.got) == 3


def test_after_a_day_the_same_cause_is_told_again(refused: Project, hook: Hook) -> None:
    refused.run()
    refused.tick()
    refused.age(NOTIFY_AGAIN_AFTER)
    refused.tick()
    assert len(hook.got) == 1, "nothing has happened since"
    refused.run()
    refused.tick()
    assert len(hook.got) == 2


def test_a_step_without_days_is_fine_once_it_went_right_on_any(project: Project, hook: Hook) -> None:
    project.raised["load"] = OSError(28, "No space left on device", "/data/warehouse.duckdb")
    project.run("2026-03-01")
    project.tick()
    del project.raised["load"]
    project.run("2026-03-02")
    project.tick()
    assert [text.splitlines()[0] for text in texts(hook)] == [
        "Dialflo: sync failed at load",
        "Dialflo: resolved: step load",
    ]
    assert "No space left on device" in texts(hook)[0]


def test_what_an_error_quotes_of_the_data_and_secrets_is_not_told(project: Project, hook: Hook) -> None:
    project.raised = {"fetch": ValueError(f"cannot read {PHONE} of Asha")}
    project.run("2026-03-01")
    project.raised = {"load": TokenRefused(f"t0ken-of-the-api for {PHONE} at {hook.url}")}
    project.run("2026-03-02")
    project.tick()
    sent = json.dumps(hook.got)
    assert len(hook.got) == 2
    assert "ValueError" in sent
    assert not [word for word in (PHONE[1:], "Asha", "t0ken-of-the-api", "s3cret-path") if word in sent]
    assert "s3cret-path" not in project.said + str(project.cursors)


def test_what_the_cursor_holds_is_told_as_little(project: Project) -> None:
    project.raised = {"fetch": ValueError(f"cannot read {PHONE}")}
    project.run()
    project.tick()
    assert PHONE[1:] not in str(project.cursors)


def test_a_server_that_is_down_gets_the_message_at_a_later_tick(refused: Project, hook: Hook) -> None:
    hook.status = 503
    refused.run()
    refused.tick()
    assert "HTTP 503" in refused.said
    assert "tried again" in refused.said
    refused.tick()
    hook.status = 200
    refused.tick()
    refused.tick()
    assert len(hook.got) == 1


def test_what_one_channel_has_told_waits_for_the_other_alone(
    refused: Project, hook: Hook, mail_server: Callable[[str], Any]
) -> None:
    server = mail_server("plain")
    server.refused = {"a@example.com"}
    mail = {
        "notify_smtp": SecretStr(f"smtp://localhost:{server.port}"),
        "notify_from": "dialflo@example.com",
        "notify_to": "a@example.com",
    }
    refused.settings = refused.settings.model_copy(update=mail)
    refused.run()
    refused.tick()
    assert "mail server" in refused.said
    server.refused = set()
    refused.tick()
    refused.tick()
    assert (len(hook.got), [got["Subject"] for got in server.got]) == (1, ["Dialflo: sync failed at fetch"])


def test_many_causes_at_once_do_not_outlast_a_tick(
    refused: Project, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels_module, "MOST_SECONDS", -1.0)
    refused.run()
    refused.tick()
    assert "Out of time" in refused.said
    monkeypatch.undo()
    refused.tick()
    assert len(hook.got) == 1


def test_nothing_is_sent_until_a_channel_is_set_and_older_failures_never_are(refused: Project, hook: Hook) -> None:
    told = refused.settings
    refused.settings = told.model_copy(update={"notify_webhook": None})
    refused.run()
    refused.tick()
    assert refused.said == NOTIFICATIONS_OFF
    refused.settings = told
    refused.tick()
    refused.tick()
    assert hook.got == []
    refused.run()
    refused.tick()
    assert len(hook.got) == 1


def test_a_run_whose_process_was_killed_is_told(project: Project, hook: Hook) -> None:
    killed = create_run_for_test(project.instance, "sync", status=DagsterRunStatus.STARTED)
    project.instance.report_run_failed(killed, "The process of this run was killed.")
    project.tick()
    project.run()
    project.tick()
    assert [text.splitlines()[0] for text in texts(hook)] == ["Dialflo: sync failed", "Dialflo: resolved: job sync"]
    assert "The process of this run was killed." in texts(hook)[0]


def test_a_cancelled_run_is_not_reported(project: Project, hook: Hook) -> None:
    run = create_run_for_test(project.instance, "sync", status=DagsterRunStatus.STARTED)
    project.instance.report_run_canceled(run)
    project.tick()
    assert hook.got == []


def test_more_runs_than_are_read_at_once_are_all_read(
    refused: Project, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dialflo_pipeline.defs.history.ended_runs.AT_ONCE", 2)
    for number in range(5):
        refused.raised["fetch"] = TokenRefused("abcde"[number])
        refused.run()
    create_run_for_test(refused.instance, "sync", status=DagsterRunStatus.STARTED)
    refused.tick()
    assert len(hook.got) == 5


def failing(severity: AssetCheckSeverity = AssetCheckSeverity.ERROR) -> AssetCheckResult:
    return AssetCheckResult(
        passed=False, severity=severity, description="3 keys are there twice.", metadata={"row": PHONE}
    )


def test_a_failed_check_is_told_once_and_its_recovery_too(project: Project, hook: Hook) -> None:
    project.result = failing()
    for _ in range(2):
        project.run()
        project.tick("tell_of_failed_checks")
    (text,) = texts(hook)
    assert text.startswith("Dialflo: check keys_are_unique of load failed\nWhat: 3 keys are there twice.")
    assert PHONE[1:] not in text
    project.result = AssetCheckResult(passed=True)
    project.run()
    project.tick("tell_of_failed_checks")
    assert texts(hook)[1].startswith("Dialflo: resolved: check keys_are_unique of load")


def test_a_blocking_check_that_fails_a_run_is_told_by_one_sensor_only(project: Project, hook: Hook) -> None:
    project.result = failing()
    run_id = project.run()
    run = project.instance.get_run_by_id(run_id)
    assert run is not None
    assert run.status is DagsterRunStatus.FAILURE
    project.tick()
    assert hook.got == []
    project.tick("tell_of_failed_checks")
    assert len(hook.got) == 1


@pytest.mark.parametrize(("is_wanted", "messages"), [(False, 0), (True, 1)])
def test_a_check_that_warns_is_told_if_that_is_wanted(
    project: Project, hook: Hook, is_wanted: bool, messages: int
) -> None:
    project.settings = project.settings.model_copy(update={"notify_warnings": is_wanted})
    project.result = failing(AssetCheckSeverity.WARN)
    project.run()
    project.tick("tell_of_failed_checks")
    assert len(hook.got) == messages


def test_a_check_that_cannot_be_evaluated_is_told_as_a_failed_run(project: Project, hook: Hook) -> None:
    project.raised["check"] = ZeroDivisionError()
    project.run()
    project.tick()
    assert "ZeroDivisionError" in texts(hook)[0]


def test_a_cursor_that_cannot_be_read_is_begun_anew(refused: Project, hook: Hook) -> None:
    refused.cursors["tell_of_failed_runs"] = "{}"
    refused.run()
    refused.tick()
    refused.run()
    refused.tick()
    assert len(hook.got) == 1


def test_the_history_of_files_is_read_like_any_other(tmp_path: Path, refused: Project, hook: Hook) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    with DagsterInstance.from_config(str(tmp_path / "home")) as instance:
        project = replace(refused, instance=instance, cursors={})
        project.tick()
        project.run()
        project.run()
        project.tick()
        project.run()
        project.tick()
        assert instance.get_latest_materialization_event(AssetKey("load")) is None
    assert len(hook.got) == 1


@pytest.mark.parametrize(("is_started", "said"), [(True, "was killed"), (False, "was not started")])
def test_a_run_whose_process_is_gone_is_told_in_words_whoever_noticed(
    project: Project, hook: Hook, is_started: bool, said: str
) -> None:
    for report in (project.instance.report_run_failed, partial(report_killed, project.instance)):
        run = create_run_for_test(project.instance, job_name="sync", status=DagsterRunStatus.STARTED)
        if is_started:
            start = DagsterEvent(DagsterEventType.RUN_START.value, job_name="sync", message="")
            project.instance.report_dagster_event(start, run.run_id)
        report(run)
        project.tick()
        assert was_cut_off(project.instance, run.run_id)
    (text,) = texts(hook)
    assert text.startswith("Dialflo: sync failed\nWhat: ")
    assert said in text
    assert "check whether memory ran out" in text
