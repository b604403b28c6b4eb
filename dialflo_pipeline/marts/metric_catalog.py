"""What is measured: every figure of every mart with its definition, as the headers of the SQL files say it.

The command line lists it, and `docs/metrics.md` is made of it. Nothing here knows a mart or a definition of its own.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from dialflo_pipeline.marts.model import Model

MART_SCHEMA = "marts"

INTRODUCTION = """\
# Metrics

This page is made from the headers of `sql/marts/` by `python docs/make_metrics.py`; change the headers, not the page.
`dialflo metrics` prints the same.

Every mart answers one question, and is a table or view in schema `marts` of the published `warehouse.duckdb`. Read it
with `dialflo query "SELECT * FROM marts.answer_rate"`, or with any client of DuckDB; on any other `SELECT` the same.

- The *grain* says what one row is: the columns that together are different in each row. A missing agent is NULL, which
  `=` never finds: write `agent_name IS NULL`.
- Beside each rate stand the two counts that it is made of. Over several rows divide the sums of these; never average
  rates. (Shares of what calls said need the count of all calls instead, as their marts say.) Columns in `_low` and
  `_high` are the 95% bounds of the rate before them: the fewer the calls, the further apart. They are Wilson's,
  without a correction for continuity: of the rate p of n calls, and with z = 1.959963984540054, (p + z² / 2n ± z √(p
  (1 - p) / n + z² / 4n²)) / (1 + z² / n), kept within 0 and 1. Rate and bounds are NULL where there is nothing to
  divide by.
- Days are days in `DIALFLO_TIMEZONE`; one starts with its first moment, be it 01:00 where clocks skip midnight. Times
  are moments, shown in the zone of your session. A median of an even number is the mean of the middle two.
- Beside the marts there is one view per agent, `marts.agent_metadata_<agent>`: a row per call that has metadata, and
  a column per key. A column is BOOLEAN, BIGINT, DOUBLE or DATE only where every filled value is one and keeps its
  digits (a number with a leading 0 or + is text, and so is one of very many digits), else VARCHAR; NULL where the key
  is missing or not filled. There are views of the 100 agents with the most calls, and in each columns of the 100 keys
  with the most calls. Calls of a key are those whose metadata has it, filled or not, and an agent's are those of its
  busiest key; ties go by name in the order of code points, a missing agent before all.
- Names of these views and columns are made from those of agents and keys: ASCII letters are small, every run of
  characters other than ASCII letters and digits is one `_`, outer `_` go, and what is longer than 40 is cut there (and
  loses a `_` that is the last then). A column has a `_` before a digit and before words that SQL keeps for itself
  (`_1st_choice`, `_order`). A missing agent is `agent_metadata_none`. A name without any ASCII letter or digit is
  `unnamed_<hash>`, as in `agent_metadata_unnamed_<hash>`.
- Of agents whose names would be the same (`Asha`, `asha`), the one with the earliest call_date with metadata keeps the
  plain name, of those of one day the first in the order of code points; the others are `…_<hash>`: at least six
  letters and digits of the SHA-256 of the agent's name. The same holds of the keys of an agent, by the first call_date
  with the key; `task_id`, `call_index` and `call_date` are taken. Whom there are too many of to be shown keeps its name
  all the same. So no agent or key that comes later takes a name from another: only calls of an earlier or of the same
  call_date that come in late can, or days that are forgotten. The comment of a view holds its agent's name, that of a
  column its key, and `pipeline.metadata_columns` all of them.
- Which statuses, interests and actions mean what is said by three files, which you may
  [extend without SQL](tables.md#marts).
"""


@dataclass(frozen=True)
class Metric:
    """One figure of a mart."""

    mart: str
    name: str
    unit: str | None
    definition: str


def marts_of(models: Iterable[Model]) -> list[Model]:
    """The models that are there to be queried, by name."""
    return sorted((model for model in models if model.schema == MART_SCHEMA), key=lambda model: model.name)


def metrics_of(mart: Model) -> list[Metric]:
    """Every column of a mart that is not a part of its grain, in order."""
    return [
        Metric(mart.full_name, name, column.unit, one_line(column.description))
        for name, column in mart.columns.items()
        if name not in mart.header.grain
    ]


def as_record(mart: Model) -> dict[str, object]:
    """All that the header of a mart says, for programs."""
    header = mart.header
    return {
        "mart": mart.full_name,
        "question": one_line(header.question or ""),
        "definition": one_line(header.description),
        "means_not": one_line(header.means_not or ""),
        "grain": {name: one_line(mart.columns[name].description) for name in header.grain},
        "metrics": [
            {"name": metric.name, "type": mart.columns[metric.name].type, "unit": metric.unit}
            | {"definition": metric.definition}
            for metric in metrics_of(mart)
        ],
    }


def metrics_page(models: Iterable[Model]) -> str:
    """The text of `docs/metrics.md`."""
    marts = marts_of(models)
    index = ((f"[`{mart.full_name}`](#{_anchor(mart)})", mart.header.question or "") for mart in marts)
    parts = [INTRODUCTION, *_grid(("mart", "question"), index), *(line for mart in marts for line in _chapter(mart))]
    return "\n".join(parts)


def one_line(text: str) -> str:
    """The text with every run of blanks and line ends as one blank."""
    return " ".join(text.split())


def _chapter(mart: Model) -> Iterator[str]:
    header = mart.header
    yield from (f"## `{mart.full_name}`", "", f"**{one_line(header.question or '')}**", "")
    yield from (one_line(header.description), "")
    if header.means_not:
        yield from (f"It does not mean: {one_line(header.means_not)}", "")
    yield from (f"Grain: {', '.join(f'`{name}`' for name in header.grain)}.", "")
    rows = (
        (f"`{name}`", column.type, column.unit or "", one_line(column.description))
        for name, column in mart.columns.items()
    )
    yield from _grid(("column", "type", "unit", "definition"), rows)


def _grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield from (_line(head), _line(["---"] * len(head)))
    yield from map(_line, rows)
    yield ""


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(one_line(cell).replace('|', chr(92) + '|') for cell in cells)} |"


def _anchor(mart: Model) -> str:
    return mart.full_name.replace(".", "")
