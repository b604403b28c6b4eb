"""The SQL project: the files below `sql/`, and the models in the order in which they are built."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from dialflo_pipeline.core.errors import ModelError
from dialflo_pipeline.core.seeds import SEED_FOLDER
from dialflo_pipeline.marts.model import CALLS, CHANGE_COLUMNS, MAIN_TABLES, MODEL_FOLDERS, SOURCES, Model
from dialflo_pipeline.marts.parser import check_grain, parse_model

MACRO_FOLDER = "macros"


def sql_folder() -> Path:
    """Where the SQL files are: in the package of a wheel, beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "sql", package.parent / "sql"):
        if folder.is_dir():
            return folder
    raise ModelError(f"There is no folder sql in {package} nor beside it; install the package again.")


def read_query(part: str, name: str) -> str:
    """The text of a SQL file that is not a model, like `redial/candidates`."""
    return (sql_folder() / part / f"{name}.sql").read_text("utf-8")


def source_files(folder: Path) -> list[Path]:
    """Every file that decides what the marts hold: macros, models, mappings of words."""
    parts = [(part, "*.sql") for part in (MACRO_FOLDER, *MODEL_FOLDERS.values())] + [(SEED_FOLDER, "*.csv")]
    return [path for part, pattern in parts for path in sorted((folder / part).glob(pattern))]


def macro_scripts(folder: Path) -> list[str]:
    """The scripts that define macros, by file name."""
    return [path.read_text("utf-8") for path in sorted((folder / MACRO_FOLDER).glob("*.sql"))]


def model_names(folder: Path) -> list[str]:
    """The full names of all models, by name, without reading them."""
    parts = ((schema, folder / part) for schema, part in MODEL_FOLDERS.items())
    return sorted(f"{schema}.{path.stem}" for schema, part in parts for path in part.glob("*.sql"))


def read_models(folder: Path) -> list[Model]:
    """Every model below `folder`, each after the models that it reads.

    Raises `ModelError` for a header that is missing or wrong, an unknown table and a circle.
    """
    return in_order(
        parse_model(schema, path.stem, path.read_text("utf-8"))
        for schema, part in MODEL_FOLDERS.items()
        for path in sorted((folder / part).glob("*.sql"))
    )


def in_order(models: Iterable[Model]) -> list[Model]:
    """Sort the models so that each comes after those it reads; ties by name."""
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
    """Resolve `columns_of`: the model with the columns that another one declares."""
    if (name := model.header.columns_of) is None:
        return model
    if name not in by_name or not by_name[name].columns:
        raise ModelError(f"{model.full_name} has the columns of {name}: no model of that name declares columns.")
    header = model.header.model_copy(update={"columns": by_name[name].columns})
    check_grain(model.full_name, header)
    return replace(model, header=header)


def all_read(model: Model, by_name: Mapping[str, Model]) -> set[str]:
    """Full names of everything that a model reads, directly or through others."""
    inner = (all_read(by_name[name], by_name) for name in model.depends_on if name in by_name)
    return set(model.depends_on).union(*inner)


def _check_increments(model: Model, by_name: Mapping[str, Model]) -> None:
    """Raise `ModelError` unless the views between the model and the calls can be narrowed to what has changed."""
    key = set(model.header.incremental_by)
    if not key:
        return
    read = all_read(model, by_name)
    tables = {name for name in read if name in by_name and not by_name[name].is_view}
    narrowed = [by_name[name] for name in read if name in by_name and by_name[name].reads_main]
    is_of_calls = read & MAIN_TABLES <= {CALLS}
    if problem := next(
        problem
        for is_wrong, problem in (
            (model.is_view, "is a view, which is never filled"),
            (not key <= set(CHANGE_COLUMNS), f"can be incremental by {', '.join(CHANGE_COLUMNS)} only"),
            (not key <= model.columns.keys(), "must have the columns that it is incremental by"),
            (model.reads_main, "must read the warehouse's tables through views"),
            (bool(tables), f"reads {', '.join(sorted(tables))}, which are no views"),
            (any(not key <= view.columns.keys() for view in narrowed), "reads a view without these columns"),
            (key != {"call_date"} and not is_of_calls, f"may read {CALLS} only, unless it is by call_date"),
            (False, ""),
        )
        if is_wrong or not problem
    ):
        raise ModelError(f"{model.full_name} is incremental, but {problem}.")
