"""Making every model anew, side by side: tables and views, held to their headers, with their comments.

Each model is a transaction of its own, over a connection of its own; that all of them count together is for the caller
to record. Views that several tables are made from are reckoned once, into a database in memory that all can read.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager

import duckdb

from dialflo_pipeline.core.concurrency import run_dag
from dialflo_pipeline.core.errors import ModelError
from dialflo_pipeline.load import ddl
from dialflo_pipeline.marts.model import Model
from dialflo_pipeline.marts.temp_tables import TempTables
from dialflo_pipeline.storage import duckdb_file

CALLBACKS = "pipeline.callbacks"
_SHARED = "shared"


def build_full(
    connection: duckdb.DuckDBPyConnection,
    models: Sequence[Model],
    write_callbacks: Callable[[duckdb.DuckDBPyConnection], None],
) -> None:
    """Make the models, which stand in order, in schemas without any; `write_callbacks` fills `CALLBACKS` beside them.

    Raises `ModelError` where a model is not what its header declares.
    """
    by_name = {model.full_name: model for model in models}
    needs = {model.full_name: model.depends_on & {*by_name, CALLBACKS} for model in models}
    with _shared(connection) as stand_ins:

        def make(name: str) -> None:
            with _cursor(connection) as cursor:
                if name == CALLBACKS:
                    write_callbacks(cursor)
                else:
                    _make(cursor, by_name[name], stand_ins)

        run_dag({CALLBACKS: frozenset(), **needs}, make)


@contextmanager
def _shared(connection: duckdb.DuckDBPyConnection) -> Iterator[TempTables]:
    connection.execute(f"ATTACH ':memory:' AS {_SHARED}")
    try:
        yield TempTables(connection, f"{_SHARED}.main")
    finally:
        connection.execute(f"DETACH {_SHARED}")


@contextmanager
def _cursor(connection: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    with closing(connection.cursor()) as cursor:
        duckdb_file.set_zone(cursor)
        yield cursor


def _make(connection: duckdb.DuckDBPyConnection, model: Model, stand_ins: TempTables) -> None:
    query = model.query if model.is_view else stand_ins.query_of(model)
    connection.begin()
    try:
        connection.execute(f"CREATE {_kind(model)} {model.full_name} AS {query}")
        declared = [(name, str(connection.sqltype(column.type))) for name, column in model.columns.items()]
        found = connection.execute(f"DESCRIBE {model.full_name}").fetchall()
    except (duckdb.ProgrammingError, duckdb.NotSupportedError) as error:
        raise ModelError(f"{model.full_name} does not run: {error}") from error
    _compare(model.full_name, declared, [(name, sql_type) for name, sql_type, *_ in found])
    _describe(connection, model)
    connection.commit()
    if model.is_view:
        stand_ins.take_over(model, connection)


def _describe(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    columns = {
        name: ddl.column_comment(column.description, column.unit, column.privacy)
        for name, column in model.columns.items()
    }
    ddl.describe(connection, _kind(model), model.full_name, " ".join(model.description.split()), columns)


def _kind(model: Model) -> str:
    return model.header.materialized.upper()


def _compare(name: str, declared: list[tuple[str, str]], found: list[tuple[str, str]]) -> None:
    if found != declared:
        raise ModelError(
            f"{name} is not what its header declares."
            f" Only in the header: {_names(declared, found)}. Only in the query: {_names(found, declared)}."
            " The order must be the same too."
        )


def _names(columns: Iterable[tuple[str, str]], others: list[tuple[str, str]]) -> str:
    return ", ".join(" ".join(column) for column in columns if column not in others) or "nothing"
