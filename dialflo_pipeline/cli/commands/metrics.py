"""List every metric of the marts with its definition."""

import json
from collections.abc import Sequence
from typing import Annotated

import typer

from dialflo_pipeline.cli.arguments import AsJson
from dialflo_pipeline.cli.command_folder import new_app
from dialflo_pipeline.cli.console import out, say, say_hint, table
from dialflo_pipeline.core.errors import UsageError
from dialflo_pipeline.marts.metric_catalog import as_record, marts_of, metrics_of, one_line, over_rows
from dialflo_pipeline.marts.model import Model
from dialflo_pipeline.marts.project import read_models, sql_folder

app = new_app()


@app.command(help=__doc__)
def _command(
    mart: Annotated[str | None, typer.Argument(metavar="[MART]", help="Show only this mart, in more detail.")] = None,
    as_json: AsJson = False,
) -> None:
    raise typer.Exit(show_metrics(mart, as_json=as_json))


def show_metrics(mart: str | None, *, as_json: bool) -> int:
    """Print the metrics of all marts or of one, as a table or as one JSON array."""
    marts = _chosen(marts_of(read_models(sql_folder())), mart)
    if as_json:
        out.file.write(json.dumps([as_record(each) for each in marts], ensure_ascii=False, indent=2) + "\n")
        return 0
    if mart is not None:
        (only,) = marts
        for text in (only.header.question, only.header.description, only.header.means_not and _caution(only)):
            say(one_line(text or ""))
    table(
        ["mart", "metric", "unit", "over rows", "definition"],
        [
            (
                metric.mart.partition(".")[2],
                metric.name,
                metric.unit or "",
                over_rows(each, metric.name),
                metric.definition,
            )
            for each in marts
            for metric in metrics_of(each)
        ],
    )
    if mart is None:
        say_hint("`dialflo metrics MART` explains one mart. over rows: sum = add up, ratio = divide sums.")
    return 0


def _caution(mart: Model) -> str:
    return f"It does not mean: {mart.header.means_not}"


def _chosen(marts: Sequence[Model], name: str | None) -> Sequence[Model]:
    found = [mart for mart in marts if name in (None, mart.name, mart.full_name)]
    if not found:
        raise UsageError(f"There is no mart of that name. Marts: {', '.join(mart.name for mart in marts)}.")
    return found
