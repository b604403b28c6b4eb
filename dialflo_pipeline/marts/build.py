"""Running the SQL models in the private warehouse, and knowing whether that has to be done again.

What the models say stands in `sql/`; how they are read and ordered in `models.py`.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from pathlib import Path

import duckdb

from dialflo_pipeline.core.seeds import SEED_FOLDER, read_words
from dialflo_pipeline.load import ddl
from dialflo_pipeline.marts.callbacks.tables import write_callbacks
from dialflo_pipeline.marts.full_build import build_full
from dialflo_pipeline.marts.incremental_build import build_incremental
from dialflo_pipeline.marts.input_tables import write_inputs
from dialflo_pipeline.marts.metadata_views import build_metadata_views
from dialflo_pipeline.marts.model import MODEL_SCHEMAS, Model
from dialflo_pipeline.marts.project import macro_scripts, read_models, source_files, sql_folder
from dialflo_pipeline.marts.settings import MartSettings
from dialflo_pipeline.storage import duckdb_file

MOST_CHANGED = 0.25
"""When a larger share of all calls has changed, making everything anew costs no more than finding what to keep."""

RECORDS = {
    "pipeline.marts_built": "One row: what the marts were made from.",
    "pipeline.marts_basis": "One row: the same without the days.",
}

_ORDER = re.compile(r"\nORDER BY [^()]*\Z")


def build(path: Path, settings: MartSettings, folder: Path | None = None, *, rebuild: bool = False) -> dict[str, int]:
    """Bring every model up to date by the SQL files in `folder` (default: the package's own).

    Only what the changed days touch is made anew where that gives the same, all or nothing; everything else to
    `rebuild`, side by side: one that fails then leaves a file that counts as without marts. Returns the rows of each
    model but the steps between that are views, by full name. Raises `ModelError` where a model is not what its header
    declares.
    """
    folder = folder or sql_folder()
    models = read_models(folder)
    basis = _basis(settings, folder)
    with duckdb_file.connect(path) as connection:
        connection.begin()
        ddl.prepare(connection)
        changed = None if rebuild else _changed_days(connection, basis)
        write_inputs(connection, settings, read_words(folder / SEED_FOLDER))
        if changed is None:
            _begin_anew(connection, folder)
            connection.commit()
            build_full(connection, models, lambda cursor: write_callbacks(cursor, settings, None, forget=rebuild))
            connection.begin()
        else:
            write_callbacks(connection, settings, changed)
            build_incremental(connection, models, changed)
        build_metadata_views(connection)
        rows = _count_rows(connection, models)
        _record(connection, basis, _fingerprint(connection, basis))
        connection.commit()
    return rows


def marts_are_current(path: Path, settings: MartSettings, folder: Path | None = None) -> bool:
    """Whether `build` would change nothing: same loaded days, settings and SQL files as when it last ended."""
    if not path.exists():
        return False
    with duckdb_file.connect_read_only(path) as connection:
        built = built_fingerprint(connection)
        return built is not None and built == _fingerprint(connection, _basis(settings, folder or sql_folder()))


def built_fingerprint(connection: duckdb.DuckDBPyConnection) -> str | None:
    """What the marts in this file were made from; None if they never were."""
    return ddl.fetch_fingerprint(connection, "pipeline", "marts_built")


def _basis(settings: MartSettings, folder: Path) -> str:
    """A fingerprint of all that the marts depend on beside the loaded days."""
    files = {f"{file.parent.name}/{file.name}": file.read_text("utf-8") for file in source_files(folder)}
    parts = [ddl.layout(), asdict(settings), files, duckdb.__version__]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _fingerprint(connection: duckdb.DuckDBPyConnection, basis: str) -> str:
    loaded = connection.execute("SELECT call_date::VARCHAR, fingerprint FROM pipeline.loaded_days ORDER BY 1")
    return hashlib.sha256(json.dumps([basis, loaded.fetchall()]).encode()).hexdigest()


def _changed_days(connection: duckdb.DuckDBPyConnection, basis: str) -> list[date] | None:
    """The days loaded, loaded anew or removed since the marts were made; None if all has to be made anew."""
    if ddl.fetch_fingerprint(connection, "pipeline", "marts_basis") != basis or not _count(
        connection, "pipeline.built_days"
    ):
        return None
    differing = (
        "SELECT call_date FROM pipeline.loaded_days AS loaded FULL JOIN pipeline.built_days AS built USING (call_date)"
        " WHERE loaded.fingerprint IS DISTINCT FROM built.fingerprint"
    )
    days = [day for (day,) in connection.execute(f"{differing} ORDER BY 1").fetchall()]
    changed = _count(connection, f"main.calls WHERE call_date IN ({differing})")
    return days if changed <= MOST_CHANGED * _count(connection, "main.calls") else None


def _begin_anew(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """From here until `_record` the file counts as without marts."""
    for record in RECORDS:
        connection.execute(f"DROP TABLE IF EXISTS {record}")
    # Dropped whole, so that a model taken out of sql/ or turned from table to view leaves nothing behind.
    for schema in reversed(MODEL_SCHEMAS):
        connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
    for schema in MODEL_SCHEMAS:
        connection.execute(f"CREATE SCHEMA {schema}")
    for script in macro_scripts(folder):
        connection.execute(script)


def _count_rows(connection: duckdb.DuckDBPyConnection, models: Iterable[Model]) -> dict[str, int]:
    """Rows of each model but the steps between that are views: to reckon what nobody reads as such is for nothing."""
    counted = [model for model in models if not (model.is_view and model.schema == "staging")]
    counts = ", ".join(f"(SELECT count(*) FROM {_unordered(model)})" for model in counted)
    row = connection.execute(f"SELECT {counts}").fetchone() or ()
    return {model.full_name: count for model, count in zip(counted, row, strict=True)}


def _unordered(model: Model) -> str:
    """What has as many rows as the model: of a view not the view itself, for DuckDB would sort its rows first."""
    return f"({_ORDER.sub('', model.query)})" if model.is_view else model.full_name


def _count(connection: duckdb.DuckDBPyConnection, name: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {name}").fetchone()
    return int(row[0]) if row else 0


def _record(connection: duckdb.DuckDBPyConnection, basis: str, fingerprint: str) -> None:
    for (name, text), value in zip(RECORDS.items(), (fingerprint, basis), strict=True):
        connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT ?::VARCHAR AS fingerprint", [value])
        ddl.comment(connection, "TABLE", name, text)
    connection.execute("DELETE FROM pipeline.built_days; INSERT INTO pipeline.built_days FROM pipeline.loaded_days")
    connection.execute("DELETE FROM pipeline.replaced_calls")
