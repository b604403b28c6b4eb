"""The form of the SQL files; sqruff checks the rest."""

from pathlib import Path

import pytest

from dialflo_pipeline.marts.model import Model
from dialflo_pipeline.marts.project import read_models, sql_folder

FILES = sorted(sql_folder().rglob("*.sql"))


@pytest.mark.parametrize("path", FILES, ids=[f"{path.parent.name}/{path.name}" for path in FILES])
def test_no_line_of_a_query_is_longer_than_120_characters(path: Path) -> None:
    _, _, query = path.read_text("utf-8").partition("*/")
    assert [line for line in query.splitlines() if len(line) > 120] == []


def test_the_sql_folder_holds_only_what_has_a_room() -> None:
    rooms = {path.name for path in sql_folder().iterdir() if path.is_dir()}
    assert rooms == {
        *("macros", "seeds", "intermediate", "marts", "checks"),
        *("dashboard", "callbacks", "redial", "demo"),
    }


@pytest.mark.parametrize("model", read_models(sql_folder()), ids=lambda model: model.full_name)
def test_a_description_says_what_a_row_is_in_at_most_600_characters(model: Model) -> None:
    assert model.description.startswith("One row per ")
    assert len(" ".join(model.description.split())) <= 600
