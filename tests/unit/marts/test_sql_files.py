"""The form of the SQL files; sqruff checks the rest."""

from pathlib import Path

import pytest

from dialflo_pipeline.marts.project import sql_folder

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
