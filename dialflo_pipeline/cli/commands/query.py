"""Run SQL on the published warehouse, read-only."""

from pathlib import Path
from typing import Annotated

import typer

from dialflo_pipeline.cli.arguments import utf8_path
from dialflo_pipeline.cli.command_folder import new_app
from dialflo_pipeline.cli.query.output import MAX_TABLE_ROWS, ResultFormat
from dialflo_pipeline.cli.query.run import run_query

app = new_app()


@app.command(help=__doc__)
def _command(
    sql: Annotated[str | None, typer.Argument(metavar="SQL", help="The SQL; - reads it from standard input.")] = None,
    format: Annotated[
        ResultFormat | None, typer.Option(help="Output format. Default: the extension of --output, else a table.")
    ] = None,
    file: Annotated[str | None, typer.Option(metavar="FILE", help="Read the SQL from a file.")] = None,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the rows to a file.", callback=utf8_path)
    ] = None,
    rows: Annotated[int, typer.Option(min=0, help="Maximum rows of a table; 0 prints all.")] = MAX_TABLE_ROWS,
) -> None:
    raise typer.Exit(run_query(sql, format, file=file, output=output, max_rows=rows))
