from collections.abc import Callable
from pathlib import Path

import pytest

from dialflo_pipeline.core.errors import ModelError
from dialflo_pipeline.marts.model import Model
from dialflo_pipeline.marts.parser import parse_model
from dialflo_pipeline.marts.project import in_order, read_models, sql_folder

MakeModel = Callable[..., Model]

HEADER = """/*
description: One row per day.
question: How many?
means_not: People.
grain: [call_date]
columns:
  call_date: {type: DATE, description: The day.}
  seconds: {type: DOUBLE, description: Length., unit: seconds, privacy: personal}
*/
"""


@pytest.fixture
def model() -> MakeModel:
    def make(name: str, query: str, schema: str = "staging") -> Model:
        return parse_model(schema, name, HEADER + query)

    return make


def test_a_header_becomes_columns_grain_and_description() -> None:
    model = parse_model("marts", "lengths", HEADER + "SELECT call_date, 1.0 AS seconds FROM main.calls;\n")
    assert model.full_name == "marts.lengths"
    assert model.description == "One row per day. Answers: How many? Does not mean: People."
    assert model.header.grain == ["call_date"]
    assert model.header.materialized == "table"
    assert [(name, column.type, column.unit) for name, column in model.columns.items()] == [
        ("call_date", "DATE", None),
        ("seconds", "DOUBLE", "seconds"),
    ]
    assert model.query == "SELECT call_date, 1.0 AS seconds FROM main.calls"


def test_dependencies_are_the_tables_of_the_query_without_its_own_names(model: MakeModel) -> None:
    query = """
        -- main.not_this_one is only mentioned
        WITH calls AS (SELECT * FROM main.calls), pairs AS (SELECT * FROM calls JOIN staging.agents USING (agent_name))
        SELECT *, (SELECT max(timezone) FROM pipeline.settings), 'main.nor_this' AS text
        FROM pairs LEFT JOIN main.tasks USING (task_id), unnest([1, 2]) AS numbers(number)
    """
    assert model("x", query).depends_on == {"main.calls", "staging.agents", "pipeline.settings", "main.tasks"}


def test_models_are_ordered_by_what_they_read(model: MakeModel) -> None:
    models = [
        model("a", "SELECT * FROM staging.b"),
        model("b", "SELECT * FROM staging.c JOIN main.calls USING (task_id)"),
        model("c", "SELECT 1"),
    ]
    assert [each.name for each in in_order(models)] == ["c", "b", "a"]
    assert in_order(reversed(models)) == in_order(models)


def test_a_circle_is_named(model: MakeModel) -> None:
    with pytest.raises(ModelError, match=r"circle: .*staging\.a → staging\.b"):
        in_order([model("a", "SELECT * FROM staging.b"), model("b", "SELECT * FROM staging.a")])


def test_an_unknown_table_is_named_with_its_reader(model: MakeModel) -> None:
    with pytest.raises(ModelError, match=r"staging\.a reads main\.callz"):
        in_order([model("a", "SELECT * FROM main.callz")])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("SELECT 1", "no header"),
        ("-- a word\n" + HEADER + "SELECT 1", "no header"),
        ("/* a: [ */ SELECT 1", "not YAML"),
        ("/* just a sentence */ SELECT 1", "header of .* is wrong"),
        (HEADER.replace("grain: [call_date]", "grain: [day]") + "SELECT 1", "day in its grain"),
        (HEADER.replace("means_not", "meens_not") + "SELECT 1", "meens_not"),
        (HEADER.replace("privacy: personal", "privacy: secret") + "SELECT 1", "privacy"),
        (HEADER.split("columns:")[0] + "columns: {}\n*/ SELECT 1", "names no column"),
        (HEADER, "exactly one SELECT"),
        (HEADER + "SELECT 1; SELECT 2", "exactly one SELECT"),
        (HEADER + "DROP TABLE main.calls", "exactly one SELECT"),
        (HEADER + "SELECT FROM WHERE", "cannot be parsed"),
        (HEADER + "SELECT * FROM calls", "calls without a schema"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_name(text: str, problem: str) -> None:
    with pytest.raises(ModelError, match=problem) as caught:
        parse_model("marts", "broken", text)
    assert "marts/broken.sql" in str(caught.value)


def test_the_projects_own_models_can_be_read_and_say_what_they_mean() -> None:
    models = read_models(sql_folder())
    names = {model.full_name for model in models}
    assert names >= {
        "marts.answer_rate",
        "marts.interest_distribution",
        "marts.redial_backlog",
        "marts.redial_backlog_daily",
    }
    assert all(model.header.question and model.header.means_not for model in models if model.schema == "marts")


def test_a_table_of_the_project_that_is_refilled_whole_says_why() -> None:
    tables = [model for model in read_models(sql_folder()) if not model.is_view]
    silent = [model.full_name for model in tables if not (model.header.incremental_by or model.header.whole_because)]
    assert silent == []


def test_a_step_may_have_the_columns_of_another_model() -> None:
    header = "/*\ndescription: Stored.\ngrain: [{}]\ncolumns_of: marts.{}\n*/\n"
    mart = parse_model("marts", "days", HEADER + "SELECT * FROM staging.step")
    step = parse_model("staging", "step", header.format("call_date", "days") + "SELECT * FROM main.calls")
    assert dict(in_order([mart, step])[0].columns) == dict(mart.columns)
    with pytest.raises(ModelError, match="no model of that name"):
        in_order([parse_model("staging", "step", header.format("call_date", "gone") + "SELECT 1")])
    with pytest.raises(ModelError, match="names day in its grain"):
        in_order([mart, parse_model("staging", "step", header.format("day", "days") + "SELECT * FROM main.calls")])


def test_a_mart_reads_staging_only() -> None:
    marts = [model for model in read_models(sql_folder()) if model.schema == "marts"]
    assert {name.split(".")[0] for mart in marts for name in mart.depends_on} == {"staging"}


def test_files_are_read_from_their_folders(tmp_path: Path) -> None:
    (tmp_path / "intermediate").mkdir()
    (tmp_path / "marts").mkdir()
    (tmp_path / "intermediate" / "base.sql").write_text(HEADER + "SELECT * FROM main.calls")
    (tmp_path / "marts" / "above.sql").write_text(HEADER + "SELECT * FROM staging.base")
    assert [model.full_name for model in read_models(tmp_path)] == ["staging.base", "marts.above"]


RATES = """/*
description: d
grain: [day]
columns:
  day: {type: DATE, description: d}
  calls: {type: BIGINT, description: d, sum: true}
  answered: {type: BIGINT, description: d, sum: true}
  people: {type: BIGINT, description: d}
  rate: {type: DOUBLE, ratio: [answered, calls]}
  rate_low: {type: DOUBLE}
  rate_high: {type: DOUBLE}
  per_person: {type: DOUBLE, ratio: [calls, people]}
*/
SELECT 1
"""


def test_a_ratio_and_its_bounds_describe_themselves() -> None:
    mart = parse_model("marts", "rates", RATES)
    assert mart.columns["rate"].description == "answered / calls."
    assert mart.columns["rate_low"].description == "Lower 95% Wilson bound of rate."
    assert mart.columns["rate_high"].description == "Upper 95% Wilson bound of rate."


def test_a_ratio_can_be_taken_over_several_rows_if_both_counts_add_up() -> None:
    mart = parse_model("marts", "rates", RATES)
    assert [name for name in mart.columns if mart.has_summable_ratio(name)] == ["rate"]


def test_a_ratio_of_an_unknown_column_and_a_column_without_description_are_refused() -> None:
    with pytest.raises(ModelError, match="has a ratio rate of nothing, which it does not declare"):
        parse_model("marts", "rates", RATES.replace("[answered, calls]", "[nothing, calls]"))
    with pytest.raises(ModelError, match=r"columns\.rate_lo\.description"):
        parse_model("marts", "rates", RATES.replace("rate_low:", "rate_lo:"))
