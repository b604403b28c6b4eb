"""How the checks stand in Dagster, and what it shows of columns."""

from collections.abc import Callable

from dagster import AssetKey, Definitions, TableColumnLineage

from dialflo_pipeline.checks.run import all_checks
from dialflo_pipeline.defs.asset_checks import check_key
from dialflo_pipeline.defs.assets.registration import SOURCES_READ

Build = Callable[[], Definitions]


def test_every_check_is_one_of_dagster_with_its_description(definitions: Build) -> None:
    graph = definitions().resolve_asset_graph()
    expected = {check_key(check): check for check in all_checks()}
    assert graph.asset_check_keys == {*expected, SOURCES_READ.key}
    for key, check in expected.items():
        spec = graph.get_check_spec(key)
        assert (spec.description, spec.blocking) == (check.description, check.is_blocking)
        assert spec.description, key


def test_nothing_is_published_before_the_checks_that_block(definitions: Build) -> None:
    plan = definitions().resolve_job_def("sync").graph.dependency_structure
    before = {
        node: {output.node_name for output in plan.all_upstream_outputs_from_node(node)}
        for node in ("models", "published__warehouse")
    }
    assert "table_checks" in before["models"]
    assert {"table_checks", "model_checks"} <= before["published__warehouse"]


def test_columns_of_marts_say_where_they_come_from(definitions: Build) -> None:
    graph = definitions().resolve_asset_graph()
    metadata = graph.get(AssetKey(["marts", "answer_rate"])).metadata
    lineage = metadata["dagster/column_lineage"]
    assert isinstance(lineage, TableColumnLineage)
    counts = AssetKey(["staging", "agent_day_counts"])
    sources = {(source.asset_key, source.column_name) for source in lineage.deps_by_column["answer_rate"]}
    assert sources == {(counts, "answered_calls"), (counts, "calls")}
    schema = metadata["dagster/column_schema"]
    shown = {column.name: column for column in schema.columns}
    assert shown["answer_rate"].description == (
        "answered_calls / calls. From staging.agent_day_counts.answered_calls, staging.agent_day_counts.calls."
    )
    assert shown["answer_rate"].tags == {"privacy": "none", "unit": "share"}


def test_every_column_of_the_lake_and_the_warehouse_has_its_origin(definitions: Build) -> None:
    graph = definitions().resolve_asset_graph()
    for prefix in ("lake", "warehouse"):
        for name in ("calls", "call_metadata", "call_context", "rejects", "tasks"):
            metadata = graph.get(AssetKey([prefix, name])).metadata
            columns = [column.name for column in metadata["dagster/column_schema"].columns]
            deps = metadata["dagster/column_lineage"].deps_by_column
            assert [name for name in columns if not deps.get(name)] == []
