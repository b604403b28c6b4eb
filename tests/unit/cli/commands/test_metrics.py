"""`dialflo metrics` tells every figure with its definition, to people and to programs."""

import json

import pytest
from typer.testing import CliRunner

from dialflo_pipeline.cli.app import app
from dialflo_pipeline.core.errors import UsageError
from dialflo_pipeline.marts.metric_catalog import as_record, marts_of, metrics_of
from dialflo_pipeline.marts.model import Model
from dialflo_pipeline.marts.project import read_models, sql_folder


@pytest.fixture(scope="module")
def marts() -> list[Model]:
    return marts_of(read_models(sql_folder()))


def test_every_column_is_grain_or_metric(marts: list[Model]) -> None:
    for mart in marts:
        metrics = [metric.name for metric in metrics_of(mart)]
        assert sorted([*mart.header.grain, *metrics]) == sorted(mart.columns)
        assert all(metric.definition for metric in metrics_of(mart))


def test_every_rate_has_both_bounds_beside_it(marts: list[Model]) -> None:
    for mart in marts:
        names = list(mart.columns)
        for place, name in enumerate(names):
            if name.endswith("_low"):
                assert names[place - 1 : place + 2] == [name[:-4], name, f"{name[:-4]}_high"]


def test_programs_get_all_that_the_headers_say(marts: list[Model]) -> None:
    result = CliRunner().invoke(app, ["metrics", "--json"])
    assert result.exit_code == 0
    assert json.loads(result.stdout) == [as_record(mart) for mart in marts]


@pytest.mark.parametrize("name", ["metadata_coverage", "marts.metadata_coverage"])
def test_one_mart_is_told_with_its_question(name: str) -> None:
    result = CliRunner().invoke(app, ["metrics", name])
    assert "Is each agent extracting" in result.stdout
    assert "filled_calls / asked_calls." in result.stdout
    assert "redial_calls" not in result.stdout


def test_an_unknown_mart_is_told_with_those_there_are() -> None:
    result = CliRunner().invoke(app, ["metrics", "answers"])
    assert isinstance(result.exception, UsageError)
    assert "answer_rate, " in str(result.exception)
