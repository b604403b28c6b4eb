"""Which columns a column is made from."""

import pytest

from dialflo_pipeline.lineage import lake_lineage, model_lineage, query_lineage
from dialflo_pipeline.models import Model, parse_model, read_models, sql_folder
from dialflo_pipeline.tables import CALLS, RAW_ANSWERS, TASK_IDS, TASKS, WAREHOUSE_TABLES

MODELS = read_models(sql_folder())


@pytest.mark.parametrize("model", MODELS, ids=[model.full_name for model in MODELS])
def test_the_parser_follows_every_model_to_what_its_query_reads(model: Model) -> None:
    found = model_lineage(MODELS)[model.full_name]
    assert list(found) == list(model.columns)
    assert any(found.values())
    assert {table for sources in found.values() for table, _ in sources} <= model.depends_on


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
