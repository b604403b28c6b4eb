"""Read one SQL file: its header comment as YAML, its query with DuckDB's own parser. Nothing is executed."""

import atexit
import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from dialflo_pipeline.core.errors import ModelError
from dialflo_pipeline.marts.model import MODEL_FOLDERS, Header, Model

if TYPE_CHECKING:
    import duckdb

_Header = TypeVar("_Header", bound=BaseModel)

_HEADER = re.compile(r"\s*/\*(?P<header>.*?)\*/(?P<query>.*)", re.DOTALL)


@cache
def parse_model(schema: str, name: str, text: str) -> Model:
    """Make a model from the text of its file. Cached, because parsing is slow."""
    where = f"{MODEL_FOLDERS[schema]}/{name}.sql"
    header, query = header_and_query(where, text, Header)
    if header.columns_of is None:
        check_grain(where, header)
    return Model(schema, name, header, query, tables_read(where, query))


def check_grain(where: str, header: Header) -> None:
    """Raise `ModelError` unless every column of the grain is declared."""
    if missing := [name for name in header.grain if name not in header.columns]:
        raise ModelError(f"The header of {where} names {', '.join(missing)} in its grain but not among its columns.")


def header_and_query(where: str, text: str, kind: type[_Header]) -> tuple[_Header, str]:
    """Split a SQL file into its header comment, read as YAML, and its one query.

    Raises `ModelError` if the header is missing or does not fit this `kind`.
    """
    match = _HEADER.fullmatch(text)
    if match is None:
        raise ModelError(f"{where} has no header: begin it with /* … */ holding YAML.")
    return _header(where, match["header"], kind), match["query"].strip().removesuffix(";")


def _header(where: str, text: str, kind: type[_Header]) -> _Header:
    import yaml  # slow to load, like the other parser (`_parser`)

    try:
        return kind.model_validate(yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)))  # noqa: S506 - both are safe loaders
    except yaml.YAMLError as error:
        raise ModelError(f"The header of {where} is not YAML: {error}") from None
    except ValidationError as error:
        problems = (f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors())
        raise ModelError(f"The header of {where} is wrong: {'; '.join(problems)}") from None


def tables_read(where: str, query: str) -> frozenset[str]:
    """The full names of the tables and views that a query reads; `ModelError` if it is not one SELECT."""
    tables: set[tuple[str, str]] = set()
    own_names: set[str] = set()

    def note(node: dict[str, Any]) -> dict[str, Any]:
        if node.get("type") == "BASE_TABLE":
            tables.add((node.get("schema_name", ""), node["table_name"]))
        for cte in node.get("cte_map", {}).get("map", ()):
            own_names.add(cte["key"])
        return node

    parsed = json.loads(_parse_tree(query), object_hook=note)
    if parsed.get("error_type") == "parser":
        raise ModelError(f"{where} cannot be parsed: {parsed['error_message']}")
    if len(parsed.get("statements", ())) != 1:
        raise ModelError(f"{where} must hold exactly one SELECT after its header.")
    if bare := sorted(table for schema, table in tables if not schema and table not in own_names):
        raise ModelError(
            f"{where} reads {', '.join(bare)} without a schema: write main.{bare[0]} or staging.{bare[0]}."
        )
    return frozenset(f"{schema}.{table}" for schema, table in tables if schema)


def _parse_tree(query: str) -> str:
    """The parse tree of a query as JSON, from DuckDB's own parser; names are not looked up, nothing is run."""
    tree = "SELECT json_serialize_sql(?::VARCHAR, skip_empty := true, skip_null := true, skip_default := true)"
    row = _parser().execute(tree, [query]).fetchone()
    return str(row[0]) if row else "{}"


@cache
def _parser() -> "duckdb.DuckDBPyConnection":
    import duckdb  # slow to load, and not needed to list files

    atexit.register(_parser.cache_clear)  # while DuckDB is still there to close it
    # On one thread, so that a fork of this process loses none.
    return duckdb.connect(
        config={"threads": 1, "autoinstall_known_extensions": False, "autoload_known_extensions": False}
    )
