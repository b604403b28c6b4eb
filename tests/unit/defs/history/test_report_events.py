"""The event file on Dagster's page: each event once, with its day and its figures."""

from collections.abc import Iterator
from datetime import date

import pytest
from dagster import AssetCheckKey, AssetKey, DagsterInstance

from dialflo_pipeline.defs.history import report_events as reporting
from dialflo_pipeline.defs.history.report_events import report_events
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.run.asset_events import Checked, Materialized
from dialflo_pipeline.run.event_file import RunEnded, append_events

DAY = date(2026, 3, 1)
CALLS = Materialized(("lake", "calls"), {"dagster/row_count": 3}, DAY)
CHECK = Checked(("marts", "answer_rate"), "grain_unique", False, True, "2 rows.", {"rows": 2}, (DAY,))


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as instance:
        yield instance


def test_an_event_is_reported_once(instance: DagsterInstance, data_dir: DataDir) -> None:
    append_events(data_dir.work, [CALLS, CHECK, RunEnded("sync", 0)])
    assert [report_events(instance, data_dir), report_events(instance, data_dir)] == [2, 0]
    append_events(data_dir.work, [CALLS])
    assert report_events(instance, data_dir) == 1


def test_a_day_is_shown_with_its_rows(instance: DagsterInstance, data_dir: DataDir) -> None:
    append_events(data_dir.work, [CALLS])
    report_events(instance, data_dir)
    event = instance.get_latest_materialization_event(AssetKey(["lake", "calls"]))
    assert event
    assert event.asset_materialization
    assert event.asset_materialization.partition == "2026-03-01"
    assert event.asset_materialization.metadata["dagster/row_count"].value == 3


def test_a_failed_check_is_shown_as_failed(instance: DagsterInstance, data_dir: DataDir) -> None:
    append_events(data_dir.work, [CHECK])
    report_events(instance, data_dir)
    key = AssetCheckKey(AssetKey(["marts", "answer_rate"]), "grain_unique")
    event = instance.event_log_storage.get_latest_asset_check_execution_by_key([key])[key].event
    assert event
    assert event.dagster_event
    evaluation = event.dagster_event.asset_check_evaluation_data
    assert (evaluation.check_name, evaluation.passed, evaluation.description) == ("grain_unique", False, "2 rows.")


def test_what_does_not_fit_into_one_call_follows_in_the_next(instance: DagsterInstance, data_dir: DataDir) -> None:
    append_events(data_dir.work, [CALLS, CHECK, CALLS])
    assert [report_events(instance, data_dir, within_seconds=0) for _ in range(4)] == [1, 1, 1, 0]


def test_two_data_folders_are_reported_to_one_history_each_by_itself(
    instance: DagsterInstance, data_dir: DataDir
) -> None:
    other = DataDir(data_dir.root.parent / "other")
    append_events(data_dir.work, [CALLS])
    append_events(other.work, [CALLS])
    assert report_events(instance, other) == report_events(instance, data_dir) == 1


def test_a_crash_in_between_reports_an_event_again_and_loses_none(
    instance: DagsterInstance, data_dir: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    append_events(data_dir.work, [CALLS, CHECK])
    with monkeypatch.context() as patch:
        patch.setattr(reporting, "_evaluation", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            report_events(instance, data_dir)
    assert report_events(instance, data_dir) == 2
