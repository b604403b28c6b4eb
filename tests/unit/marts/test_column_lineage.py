"""Which columns a column is made from."""

from functools import cache

import pytest

from dialflo_pipeline.core.schema import CALLS, RAW_ANSWERS, TASK_IDS, TASKS, WAREHOUSE_TABLES
from dialflo_pipeline.marts.column_lineage import model_lineage, query_lineage, tables_behind
from dialflo_pipeline.marts.lake_lineage import Lineage, lake_lineage
from dialflo_pipeline.marts.model import Model
from dialflo_pipeline.marts.parser import parse_model
from dialflo_pipeline.marts.project import read_models, sql_folder

MODELS = read_models(sql_folder())


@cache
def lineage_of_all() -> dict[str, Lineage]:
    return model_lineage(MODELS)


LITERALS = {"staging.unmapped_days.kind"}


@pytest.mark.parametrize("model", MODELS, ids=[model.full_name for model in MODELS])
def test_the_parser_follows_every_model_to_what_its_query_reads(model: Model) -> None:
    found = lineage_of_all()[model.full_name]
    assert list(found) == list(model.columns)
    assert any(found.values())
    read = set(model.depends_on).union(*map(tables_behind, model.depends_on))
    assert {table for sources in found.values() for table, _ in sources} <= read


def test_only_counts_and_literals_come_from_no_column_of_a_table() -> None:
    without = {
        f"{model}.{column}"
        for model, lineage in lineage_of_all().items()
        for column, sources in lineage.items()
        if all(table.startswith("pipeline.") for table, _ in sources)
    }
    counts = {
        f"{model.full_name}.{name}"
        for model in MODELS
        for name, column in model.columns.items()
        if column.type == "BIGINT" and column.unit
    }
    assert LITERALS <= without <= counts | LITERALS


def test_what_an_internal_table_was_made_from_is_named_in_its_place() -> None:
    found = lineage_of_all()["staging.callback_requests"]
    assert found["requested_text"] == [("main.call_metadata", "value")]
    assert ("main.call_metadata", "value") in found["starts_at"]
    assert all(not table.startswith("pipeline.") for sources in found.values() for table, _ in sources)


def test_a_word_that_is_looked_up_comes_from_what_it_is_looked_up_by() -> None:
    found = lineage_of_all()["staging.call_facts"]
    assert found["says_redial"] == [("main.calls", "next_action"), ("pipeline.meanings", "meaning")]
    assert ("main.calls", "call_status") in found["outcome"]
    assert ("main.calls", "interest_status") not in found["outcome"]


def test_columns_are_followed_through_steps_of_a_query_and_a_star() -> None:
    found = query_lineage(
        "WITH some AS (SELECT *, upper(agent_name) AS loud FROM main.calls) SELECT loud || call_id AS both FROM some",
        ["both"],
        MODELS,
    )
    assert found == {"both": [("main.calls", "agent_name"), ("main.calls", "call_id")]}


def test_a_count_of_rows_comes_from_no_column() -> None:
    assert query_lineage("SELECT count(*) AS n FROM main.calls", ["n"], MODELS) == {"n": []}


def test_what_the_parser_cannot_follow_has_no_lineage() -> None:
    header = "/*\ndescription: d\ngrain: [n]\ncolumns: {n: {type: INTEGER, description: d}}\n*/\n"
    model = parse_model("marts", "odd", header + "SELECT no_such_column AS n, other FROM main.calls")
    assert model_lineage([model]) == {"marts.odd": {}}


def test_columns_of_the_lake_come_from_columns_that_the_raw_tables_have() -> None:
    raw = {f"lake.{table.name}": table.columns for table in (TASK_IDS, RAW_ANSWERS)}
    for table in WAREHOUSE_TABLES:
        for name, sources in lake_lineage(table).items():
            assert sources, name
            assert all(column in raw[source] for source, column in sources)
    assert lake_lineage(CALLS)["outcome"] == [("lake.raw_answers", "body")]
    assert lake_lineage(TASKS)["attributes"] == [("lake.task_ids", "attributes")]
