"""Refreshes the generated part of each page in `marts/` beside this file, from the headers in `sql/marts/`.

Run it after a change of these: `python docs/make_metrics.py`. The rules below the generated part are written by hand;
a new mart gets a page to write them on. A test compares the pages with what this makes.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from dialflo_pipeline.marts.metric_catalog import marts_of, one_line, over_rows
from dialflo_pipeline.marts.model import Model
from dialflo_pipeline.marts.project import read_models, sql_folder

PAGES = Path(__file__).with_name("marts")
END = "<!-- The part above is made from the header in sql/marts/ by docs/make_metrics.py. -->"
TO_WRITE = f"{END}\n\n## Rules\n\n"


def pages() -> dict[Path, str]:
    """Every page of a mart with its text."""
    return {PAGES / f"{mart.name}.md": page(mart) for mart in marts_of(read_models(sql_folder()))}


def page(mart: Model) -> str:
    """The generated part, and what is written below it by hand."""
    path = PAGES / f"{mart.name}.md"
    _, _, rules = path.read_text("utf-8").partition(END) if path.exists() else ("", "", "")
    return "\n".join([*_generated(mart), END]) + (rules or TO_WRITE.removeprefix(END))


def _generated(mart: Model) -> Iterator[str]:
    header = mart.header
    yield from (f"# `{mart.full_name}`", "", f"**{one_line(header.question or '')}**", "", one_line(header.description))
    if header.means_not:
        yield from ("", f"It does not mean: {one_line(header.means_not)}")
    yield from ("", f"One row per {', '.join(f'`{name}`' for name in header.grain)}; a {header.materialized}.", "")
    rows = (
        (f"`{name}`", column.type, column.unit or "", over_rows(mart, name), column.privacy, column.description)
        for name, column in mart.columns.items()
    )
    yield from _grid(("column", "type", "unit", "over rows", "privacy", "what it is"), rows)


def _grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield from (_line(head), _line(["---"] * len(head)))
    yield from map(_line, rows)
    yield ""


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(one_line(cell).replace('|', chr(92) + '|') for cell in cells)} |"


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
