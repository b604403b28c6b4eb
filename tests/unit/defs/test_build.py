"""What Dagster shows of the project, and what it starts by itself."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from dagster import (
    AssetKey,
    AssetSpec,
    BackfillPolicy,
    DailyPartitionsDefinition,
    Definitions,
    RunRequest,
    SkipReason,
    build_schedule_context,
)

from dialflo_pipeline.core.schema import FORGOTTEN_IDS, PUBLICATION, RAW_TABLES, WAREHOUSE_TABLES
from dialflo_pipeline.core.settings import Settings
from dialflo_pipeline.defs.build import build_definitions
from dialflo_pipeline.defs.resources import Pipeline

Build = Callable[[], Definitions]
Register = Callable[[date, list[str]], None]


def specs(definitions: Definitions) -> dict[str, AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}


def test_every_asset_says_what_it_is_whose_it_is_and_of_what_kind(definitions: Build) -> None:
    for name, spec in specs(definitions()).items():
        assert spec.description, name
        assert spec.owners, name
        assert spec.kinds, name
        assert spec.group_name != "default", name


def test_every_asset_says_what_its_columns_are_and_come_from_and_where_to_look_at_it(
    definitions: Build, settings: Settings
) -> None:
    for name, spec in specs(definitions()).items():
        assert spec.metadata["published_file"].value == str(settings.data_dir / "warehouse.duckdb"), name
        assert spec.metadata["dashboard"].value == (settings.data_dir / "dashboard.html").as_uri(), name
        assert spec.metadata["dashboard_file"].value == str(settings.data_dir / "dashboard.html"), name
        if name == "published/dashboard":
            continue  # a page has no columns
        columns = spec.metadata["dagster/column_schema"].columns
        assert columns, name
        assert all(column.description and column.type for column in columns), name
        if name not in {f"lake/{table.name}" for table in (*RAW_TABLES, FORGOTTEN_IDS)}:  # where all others come from
            lineage = spec.metadata["dagster/column_lineage"].deps_by_column
            assert list(lineage) == [column.name for column in columns], name


def test_a_view_whose_rows_nobody_counts_says_so(definitions: Build) -> None:
    shown = specs(definitions())
    assert "its rows are not counted" in (shown["staging/call_facts"].description or "")
    assert "its rows are not counted" not in (shown["staging/agent_day_counts"].description or "")
    assert "its rows are not counted" not in (shown["marts/redial_backlog"].description or "")


def test_the_published_file_shows_the_columns_of_its_stamp(definitions: Build) -> None:
    found = specs(definitions())["published/warehouse"].metadata
    assert [column.name for column in found["dagster/column_schema"].columns] == list(PUBLICATION.columns)
    sources = found["dagster/column_lineage"].deps_by_column["last_day"]
    assert [(source.asset_key.to_user_string(), source.column_name) for source in sources] == [
        ("warehouse/tasks", "call_date")
    ]


def test_column_schemas_are_those_declared(definitions: Build) -> None:
    shown = specs(definitions())
    for table in (*RAW_TABLES, *WAREHOUSE_TABLES):
        schema = shown[f"lake/{table.name}"].metadata["dagster/column_schema"]
        assert [(column.name, column.type) for column in schema.columns] == list(table.sql_types.items())
        assert all(column.description for column in schema.columns)


def test_marts_depend_on_what_their_sql_reads(definitions: Build) -> None:
    graph = definitions().resolve_asset_graph()
    upstream = {
        key.to_user_string(): {parent.to_user_string() for parent in graph.get(key).parent_keys}
        for key in graph.get_all_asset_keys()
    }
    assert upstream["staging/call_facts"] == {"warehouse/calls"}
    assert upstream["marts/answer_rate"] == {"staging/agent_day_counts"}
    assert upstream["staging/callback_requests"] >= {"warehouse/call_metadata", "staging/call_facts"}
    assert upstream["warehouse/calls"] == {"lake/calls"}
    assert upstream["lake/calls"] == {"lake/raw_answers", "lake/task_ids", "lake/forgotten_ids"}


def partitions(definitions: Definitions) -> DailyPartitionsDefinition:
    found = specs(definitions)["lake/raw_answers"].partitions_def
    assert isinstance(found, DailyPartitionsDefinition)
    return found


def test_partitions_run_from_the_first_registered_day_to_today(
    definitions: Build, register: Register, settings: Settings
) -> None:
    today = datetime.now(settings.zone).date()
    register(today - timedelta(days=40), ["a"])
    keys = partitions(definitions()).get_partition_keys()
    assert (keys[0], keys[-1]) == ((today - timedelta(days=40)).isoformat(), today.isoformat())


def test_without_tasks_today_is_the_only_partition(definitions: Build, settings: Settings) -> None:
    assert partitions(definitions()).get_partition_keys() == [datetime.now(settings.zone).date().isoformat()]


def test_a_task_of_a_day_to_come_has_its_partition(definitions: Build, register: Register, settings: Settings) -> None:
    later = datetime.now(settings.zone).date() + timedelta(days=3)
    register(later, ["a"])
    assert partitions(definitions()).get_partition_keys()[-1] == later.isoformat()


def tick(definitions: Definitions, at: datetime) -> Any:
    """What the schedule asks for at this moment."""
    return definitions.resolve_schedule_def("daily_sync")(build_schedule_context(scheduled_execution_time=at))


def test_the_schedule_asks_for_the_days_that_have_anything_waiting(definitions: Build, register: Register) -> None:
    register(date(2026, 1, 5), ["a"])
    register(date(2026, 1, 8), ["b"])
    asked = tick(definitions(), datetime(2026, 1, 9, 20, 0, tzinfo=UTC))
    assert isinstance(asked, RunRequest)
    assert asked.partition_key == "2026-01-08"
    span = {"first_day": "2026-01-05", "last_day": "2026-01-08"}
    for step in ("raw_answers", "lake_tables"):
        assert asked.run_config["ops"][step]["config"].items() >= span.items()


def test_the_schedule_leaves_days_to_come_alone(definitions: Build, register: Register) -> None:
    register(date(2026, 1, 10), ["a"])
    before_midnight_in_kolkata = datetime(2026, 1, 9, 18, 29, tzinfo=UTC)
    assert isinstance(tick(definitions(), before_midnight_in_kolkata), SkipReason)
    assert isinstance(tick(definitions(), before_midnight_in_kolkata + timedelta(minutes=1)), RunRequest)


def test_the_schedule_skips_with_a_sentence_when_nothing_waits(definitions: Build) -> None:
    skipped = tick(definitions(), datetime(2026, 1, 9, 20, 0, tzinfo=UTC))
    assert isinstance(skipped, SkipReason)
    assert "2026-01-10" in (skipped.skip_message or "")


def test_schedules_and_sensors_are_on_by_default(definitions: Build) -> None:
    loaded = definitions()
    for one in (*(loaded.schedules or ()), *(loaded.sensors or ())):
        assert one.default_status.value == "RUNNING", one.name


def test_partitions_start_at_the_day_that_is_set(register: Register, settings: Settings) -> None:
    register(date(2026, 1, 5), ["a"])
    chosen = settings.model_copy(update={"start_date": date(2026, 1, 3)})
    keys = partitions(build_definitions(Pipeline(lambda: chosen))).get_partition_keys()
    assert keys[0] == "2026-01-03"


def test_a_start_that_lies_ahead_leaves_today_a_partition(settings: Settings) -> None:
    today = datetime.now(settings.zone).date()
    chosen = settings.model_copy(update={"start_date": today + timedelta(days=9)})
    assert partitions(build_definitions(Pipeline(lambda: chosen))).get_partition_keys() == [today.isoformat()]


def test_a_backfill_works_on_a_day_a_run_and_on_the_warehouse_once(definitions: Build) -> None:
    graph = definitions().resolve_asset_graph()
    policies = {key.to_user_string(): graph.get(key).backfill_policy for key in graph.materializable_asset_keys}
    assert policies["lake/raw_answers"] == policies["lake/calls"] == BackfillPolicy.multi_run(1)
    assert not graph.get(AssetKey(["warehouse", "calls"])).is_partitioned


def test_the_definitions_that_dagster_loads_are_valid() -> None:
    from dialflo_pipeline.definitions import defs

    Definitions.validate_loadable(defs)
