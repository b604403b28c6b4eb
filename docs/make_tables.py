"""Writes `tables.md` beside this file: every table and intermediate model, from declarations and headers.

Run it after a change of either: `python docs/make_tables.py`. A test compares the page with what this makes.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from dialflo_pipeline.core.schema import (
    PUBLICATION,
    RAW_TABLES,
    SOURCES,
    VALUE_TYPES,
    WAREHOUSE_TABLES,
    Outcome,
    State,
    Table,
)
from dialflo_pipeline.marts.model import Model
from dialflo_pipeline.marts.project import read_models, sql_folder

PAGE = Path(__file__).with_name("tables.md")

INTRODUCTION = """\
# Tables

This page is made from the code by `python docs/make_tables.py`; change the declarations, not the page.

The *raw tables* are Parquet files in `lake/`. The *tables* are derived from them, are in `lake/` too, and are loaded
into schema `main` of the published `warehouse.duckdb`. The *marts* are computed from the tables, in schema `marts`;
they have [their own pages](metrics.md). The published file has all descriptions as comments.

- Times are moments in UTC, shown in the zone of your session. Days are days in `DIALFLO_TIMEZONE`.
- *NULL* says whether a column may be empty.
- *Privacy* says how close a value is to a person: `none`; `pseudonym`, which leads to a person only together with other
  records; `personal`, which is about a person or may contain anything that was said.
- In Parquet, `call_date` is in the folder's name, not in the file. JSON columns are text there.
"""

WORDS = {"outcome": tuple(Outcome), "state": tuple(State), "value_type": VALUE_TYPES, "source": SOURCES}
"""Columns that hold one of a few words, wherever they stand in a declared table."""

Row = tuple[str, ...]


def tables_page() -> str:
    """The whole page."""
    models = read_models(sql_folder())
    staging = [model for model in models if model.schema != "marts"]
    return "\n".join(
        [
            INTRODUCTION,
            *_chapter("Raw tables", "Append-only; nothing else keeps what they hold.", map(_table, RAW_TABLES)),
            *_chapter("Tables", "Made from the raw tables; schema `main`.", map(_table, WAREHOUSE_TABLES)),
            *_chapter(
                "Publication metadata",
                "What the published file says about itself; schema `main`.",
                [_table(PUBLICATION)],
            ),
            *_chapter(
                "Behind the marts",
                "Intermediate models in schema `staging`. They may change with any version: query the marts.",
                map(_model, _sorted(staging)),
            ),
        ]
    )


def _sorted(models: Iterable[Model]) -> list[Model]:
    return sorted(models, key=lambda model: model.name)


def _chapter(title: str, about: str, parts: Iterable[Iterable[str]]) -> Iterator[str]:
    yield from (f"## {title}", "", about, "")
    for part in parts:
        yield from part


def _table(table: Table) -> Iterator[str]:
    yield from (f"### `{table.name}`", "", _one_line(table.description), "")
    if table.key:
        yield from (f"Key: {_names(table.key)}.", "")
    rows = []
    for name, column in table.columns.items():
        about = column.metadata or {}
        description = column.description or ""
        if words := WORDS.get(name):
            description += f" One of {_names(map(str, words))}."
        null = "yes" if column.nullable else "no"
        rows.append((f"`{name}`", about["sql_type"], null, about["unit"] or "", about["privacy"], description))
    yield from _grid(("column", "type", "NULL", "unit", "privacy", "what it is"), rows)


def _model(model: Model) -> Iterator[str]:
    header = model.header
    yield from (f"### `{model.full_name}`", "")
    yield from (_one_line(header.description), "")
    yield from (f"One row per {_names(header.grain)}; a {header.materialized}.", "")
    if header.columns_of:
        mart = header.columns_of.removeprefix("marts.")
        yield from (f"Its columns are those of [`{header.columns_of}`](marts/{mart}.md).", "")
        return
    rows = [
        (f"`{name}`", column.type, column.unit or "", column.privacy, column.description)
        for name, column in model.columns.items()
    ]
    yield from _grid(("column", "type", "unit", "privacy", "what it is"), rows)


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _grid(head: Row, rows: Iterable[Row]) -> Iterator[str]:
    yield from (_line(head), _line(("---",) * len(head)))
    yield from map(_line, rows)
    yield ""


def _line(cells: Row) -> str:
    return f"| {' | '.join(_one_line(cell).replace('|', chr(92) + '|') for cell in cells)} |"


def _one_line(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    PAGE.write_text(tables_page(), encoding="utf-8")
