"""The catalogue of metrics: every column of every mart with its definition, from the headers of the SQL files.

`dialflo metrics` prints it, and the pages in `docs/marts/` are made from it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from dialflo_pipeline.marts.model import Model

MART_SCHEMA = "marts"


@dataclass(frozen=True)
class Metric:
    """One figure of a mart."""

    mart: str
    name: str
    unit: str | None
    definition: str


def marts_of(models: Iterable[Model]) -> list[Model]:
    """The marts among the models, by name."""
    return sorted((model for model in models if model.schema == MART_SCHEMA), key=lambda model: model.name)


def metrics_of(mart: Model) -> list[Metric]:
    """Every column of a mart outside its grain, in order."""
    return [
        Metric(mart.full_name, name, column.unit, one_line(column.description))
        for name, column in mart.columns.items()
        if name not in mart.header.grain
    ]


def over_rows(mart: Model, name: str) -> str:
    """What may be done with the values of several rows: `sum`, `ratio` (divide the sums), or nothing."""
    if mart.columns[name].sum:
        return "sum"
    return "ratio" if mart.has_summable_ratio(name) else ""


def as_record(mart: Model) -> dict[str, object]:
    """The header of a mart as JSON values."""
    header = mart.header
    return {
        "mart": mart.full_name,
        "question": one_line(header.question or ""),
        "definition": one_line(header.description),
        "means_not": one_line(header.means_not or ""),
        "grain": {name: one_line(mart.columns[name].description) for name in header.grain},
        "metrics": [
            {
                "name": metric.name,
                "type": mart.columns[metric.name].type,
                "unit": metric.unit,
                "over_rows": over_rows(mart, metric.name) or None,
                "ratio": list(mart.columns[metric.name].ratio or ()) or None,
                "definition": metric.definition,
            }
            for metric in metrics_of(mart)
        ],
    }


def one_line(text: str) -> str:
    """The text on one line, runs of white space as one space."""
    return " ".join(text.split())
