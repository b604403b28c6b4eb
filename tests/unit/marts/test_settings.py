"""The mart settings: declared once, and everything else follows."""

from dataclasses import fields
from pathlib import Path

import duckdb

from dialflo_pipeline.core.settings import Settings
from dialflo_pipeline.marts.input_tables import INPUT_COLUMNS, write_inputs
from dialflo_pipeline.marts.settings import MartSettings, mart_settings_of


def test_every_setting_but_the_words_is_a_column_with_its_type() -> None:
    types = MartSettings.sql_types()
    assert [*types, "words"] == [field.name for field in fields(MartSettings)]
    assert types["redial_max_attempts"] == "INTEGER"
    assert types["redial_max_age_days"] == "DOUBLE"
    assert types["callback_keys"] == "VARCHAR[]"
    assert INPUT_COLUMNS["settings"] == types


def test_settings_are_passed_on_by_name_and_lists_are_split(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, timezone="Asia/Kolkata", callback_keys="a,b", engaged_seconds=5)
    found = mart_settings_of(settings)
    assert (found.timezone, found.callback_keys, found.engaged_seconds) == ("Asia/Kolkata", ("a", "b"), 5)
    assert found.redial_max_age_days is None


def test_the_table_of_settings_holds_every_value() -> None:
    settings = MartSettings("UTC", 3, 30, redial_max_age_days=1.5, callback_keys=("a", "b"))
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE SCHEMA pipeline; CREATE TABLE main.calls (call_date DATE, occurred_at TIMESTAMPTZ,"
            " call_status VARCHAR, interest_status VARCHAR, next_action VARCHAR)"
        )
        write_inputs(connection, settings, [])
        row = connection.execute("FROM pipeline.settings").fetchone()
        types = [kind for _, kind, *_ in connection.execute("DESCRIBE pipeline.settings").fetchall()]
    assert row == tuple(settings.sql_values().values())
    assert types == list(MartSettings.sql_types().values())
