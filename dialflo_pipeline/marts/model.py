"""The SQL models: one file, one model, its meaning in the header comment, its dependencies read from its query.

Reads the files below `sql/`; runs nothing (`marts.py` does) and knows no column of its own.
"""

import atexit
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from dialflo_pipeline.core.errors import ModelError
from dialflo_pipeline.core.schema.tables import WAREHOUSE_TABLES, Privacy
from dialflo_pipeline.marts.seeds import SEED_FOLDER

if TYPE_CHECKING:
    import duckdb

MODEL_SCHEMAS = ("staging", "marts")
MACRO_FOLDER = "macros"
CHANGE_COLUMNS = ("call_date", "agent_name", "contact_number")
"""What is kept of calls that are replaced: what models may be incremental by."""

CALLS = "main.calls"
INPUTS = ("pipeline.settings", "pipeline.day_starts", "pipeline.utc_offsets", "pipeline.meanings", "pipeline.callbacks")
"""Tables that are written, or brought up to date, before the models run."""

SOURCES = frozenset({*(f"main.{table.name}" for table in WAREHOUSE_TABLES), *INPUTS})
"""What a model may read beside other models."""

_MAIN = frozenset(name for name in SOURCES if name.startswith("main."))

_Header = TypeVar("_Header", bound=BaseModel)

_HEADER = re.compile(r"\s*/\*(?P<header>.*?)\*/(?P<query>.*)", re.DOTALL)


class ModelColumn(BaseModel):
    """What a header says of one column."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: str
    description: str
    unit: str | None = None
    privacy: Privacy = Privacy.NONE


class Header(BaseModel):
    """What a model's header comment says; the YAML keys are these fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    description: str
    question: str | None = None
    means_not: str | None = None
    grain: list[str]
    materialized: Literal["table", "view"] = "table"
    incremental_by: list[str] = []
    """Where the rows with some values of these columns come from the calls with the same values and no others."""
    whole_because: str | None = None
    """Why it is refilled whole instead, where that is a table."""
    is_shared: bool = False
    """Of a view: tables are made from it that cost less when its rows are reckoned once for all of them."""
    columns: dict[str, ModelColumn] = {}
    columns_of: str | None = None
    """Full name of the model whose columns it has, with all that is said of them there."""

    @model_validator(mode="after")
    def _some_columns(self) -> Self:
        if bool(self.columns) == bool(self.columns_of):
            raise ValueError(
                "names no column" if self.columns_of is None else "has columns beside those of another model"
            )
        return self


@dataclass(frozen=True)
class Model:
    """One SQL model. `depends_on` holds full names: other models, tables of `main`, internal ones of `pipeline`."""

    schema: str
    name: str
    header: Header
    query: str
    depends_on: frozenset[str]

    @property
    def full_name(self) -> str:
        """Name with its schema, as in SQL."""
        return f"{self.schema}.{self.name}"

    @property
    def is_view(self) -> bool:
        """Whether it is reckoned when it is read, and never stored."""
        return self.header.materialized == "view"

    @property
    def reads_main(self) -> bool:
        """Whether its own query names a table of the warehouse."""
        return bool(self.depends_on & _MAIN)

    @cached_property
    def description(self) -> str:
        """What one row is, which question it answers, and what it does not mean, in one text."""
        header = self.header
        question = header.question and f"Answers: {header.question}"
        caution = header.means_not and f"Does not mean: {header.means_not}"
        return " ".join(part.strip() for part in (header.description, question, caution) if part)

    @property
    def columns(self) -> Mapping[str, ModelColumn]:
        """Name to column, in order."""
        return self.header.columns


def sql_folder() -> Path:
    """Where the SQL files are: in the package of a wheel, beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "sql", package.parent / "sql"):
        if folder.is_dir():
            return folder
    raise ModelError(f"There is no folder sql in {package} nor beside it; install the package again.")


def source_files(folder: Path) -> list[Path]:
    """Every file that decides what the marts hold: macros, then models, then mappings of words."""
    parts = [(part, "*.sql") for part in (MACRO_FOLDER, *MODEL_SCHEMAS)] + [(SEED_FOLDER, "*.csv")]
    return [path for part, pattern in parts for path in sorted((folder / part).glob(pattern))]


def macro_scripts(folder: Path) -> list[str]:
    """The scripts that define macros, by file name."""
    return [path.read_text("utf-8") for path in sorted((folder / MACRO_FOLDER).glob("*.sql"))]


def read_models(folder: Path) -> list[Model]:
    """Every model below `folder`, each after the models that it reads.

    Raises `ModelError` for a header that is missing or wrong, an unknown table and a circle.
    """
    paths = (path for schema in MODEL_SCHEMAS for path in sorted((folder / schema).glob("*.sql")))
    return in_order(parse_model(path.parent.name, path.stem, path.read_text("utf-8")) for path in paths)


@cache
def parse_model(schema: str, name: str, text: str) -> Model:
    """Make a model of the text of its file; once for each text, as parsing takes its time."""
    where = f"{schema}/{name}.sql"
    header, query = header_and_query(where, text, Header)
    if header.columns_of is None:
        _check_grain(where, header)
    return Model(schema, name, header, query, tables_read(where, query))


def _check_grain(where: str, header: Header) -> None:
    if missing := [name for name in header.grain if name not in header.columns]:
        raise ModelError(f"The header of {where} names {', '.join(missing)} in its grain but not among its columns.")


def header_and_query(where: str, text: str, kind: type[_Header]) -> tuple[_Header, str]:
    """The two parts of a SQL file of the project: its header comment, read as YAML, and its one query.

    Raises `ModelError` where the header is missing or does not say what this `kind` has to.
    """
    match = _HEADER.fullmatch(text)
    if match is None:
        raise ModelError(f"{where} has no header: begin it with /* … */ holding YAML.")
    return _header(where, match["header"], kind), match["query"].strip().removesuffix(";")


def in_order(models: Iterable[Model]) -> list[Model]:
    """The models sorted so that each stands after those it reads, by name where that leaves a choice."""
    by_name = {model.full_name: model for model in sorted(models, key=lambda model: model.full_name)}
    by_name = {name: _with_columns(model, by_name) for name, model in by_name.items()}
    for model in by_name.values():
        if unknown := model.depends_on - by_name.keys() - SOURCES:
            raise ModelError(f"{model.full_name} reads {', '.join(sorted(unknown))}: no model or table has that name.")
    graph = {name: sorted(model.depends_on & by_name.keys()) for name, model in by_name.items()}
    try:
        ordered = [by_name[name] for name in TopologicalSorter(graph).static_order()]
    except CycleError as error:
        raise ModelError(f"Models read each other in a circle: {' → '.join(error.args[1])}.") from None
    for model in ordered:
        _check_increments(model, by_name)
    return ordered


def _with_columns(model: Model, by_name: Mapping[str, Model]) -> Model:
    """The model with the columns that another one says what they are, where its header leaves that to it."""
    if (name := model.header.columns_of) is None:
        return model
    if name not in by_name or not by_name[name].columns:
        raise ModelError(f"{model.full_name} has the columns of {name}: no model of that name says what they are.")
    header = model.header.model_copy(update={"columns": by_name[name].columns})
    _check_grain(model.full_name, header)
    return replace(model, header=header)


def all_read(model: Model, by_name: Mapping[str, Model]) -> set[str]:
    """The full names of all that a model reads, itself or through others."""
    inner = (all_read(by_name[name], by_name) for name in model.depends_on if name in by_name)
    return set(model.depends_on).union(*inner)


def _check_increments(model: Model, by_name: Mapping[str, Model]) -> None:
    """An incremental model is refilled by narrowing the views between it and the calls to what has changed."""
    key = set(model.header.incremental_by)
    if not key:
        return
    read = all_read(model, by_name)
    tables = {name for name in read if name in by_name and not by_name[name].is_view}
    narrowed = [by_name[name] for name in read if name in by_name and by_name[name].reads_main]
    if problem := next(
        problem
        for is_wrong, problem in (
            (model.is_view, "is a view, which is never filled"),
            (not key <= set(CHANGE_COLUMNS), f"can be incremental by {', '.join(CHANGE_COLUMNS)} only"),
            (not key <= model.columns.keys(), "must have the columns that it is incremental by"),
            (model.reads_main, "must read the warehouse's tables through views"),
            (bool(tables), f"reads {', '.join(sorted(tables))}, which are no views"),
            (any(not key <= view.columns.keys() for view in narrowed), "reads a view without these columns"),
            (key != {"call_date"} and not read & _MAIN <= {CALLS}, f"may read {CALLS} only, unless it is by call_date"),
            (False, ""),
        )
        if is_wrong or not problem
    ):
        raise ModelError(f"{model.full_name} is incremental, but {problem}.")


def _header(where: str, text: str, kind: type[_Header]) -> _Header:
    import yaml  # as slow as the other parser (`_parser`)

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
    """What DuckDB's own parser makes of a query, as JSON; nothing of it is looked up, let alone run."""
    tree = "SELECT json_serialize_sql(?::VARCHAR, skip_empty := true, skip_null := true, skip_default := true)"
    row = _parser().execute(tree, [query]).fetchone()
    return str(row[0]) if row else "{}"


@cache
def _parser() -> "duckdb.DuckDBPyConnection":
    import duckdb  # slow to load, and whoever only asks which files there are needs no parser

    atexit.register(_parser.cache_clear)  # while DuckDB is still there to close it
    # On one thread, so that a fork of this process loses none.
    return duckdb.connect(
        config={"threads": 1, "autoinstall_known_extensions": False, "autoload_known_extensions": False}
    )
