"""Write published tables and marts to files, for people without DuckDB."""

from collections.abc import Sequence
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dialflo_pipeline.cli.arguments import utf8_path
from dialflo_pipeline.cli.command_folder import new_app
from dialflo_pipeline.cli.console import say_hint, table
from dialflo_pipeline.core.settings import load_settings
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.publish.publish import read_published
from dialflo_pipeline.serve.export import MANIFEST, export
from dialflo_pipeline.storage.duckdb_file.connection import allow_most_memory

app = new_app()


class FileFormat(StrEnum):
    """What `export` writes."""

    PARQUET = "parquet"
    CSV = "csv"


@app.command(help=__doc__)
def _command(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="TABLE...", help="Tables and marts; all by default.")
    ] = None,
    format: Annotated[FileFormat, typer.Option(help="File format.")] = FileFormat.PARQUET,
    to: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Target folder. Default: export/ in the data folder.", callback=utf8_path),
    ] = None,
) -> None:
    raise typer.Exit(run_export(names or [], format, to))


def run_export(names: Sequence[str], file_format: str, folder: Path | None) -> int:
    """Write the files and list them; without a folder, into `export/` below the data folder."""
    data_dir = DataDir(load_settings().data_dir)
    target = folder or data_dir.export
    with allow_most_memory(), closing(read_published(data_dir.published)) as connection:
        exported = export(connection, names, file_format, target)
    table(["file", "rows", "bytes"], [(one.file, one.rows, one.bytes) for one in exported])
    say_hint(f"Written to {target}. {MANIFEST} there has the time of publication and a checksum for each file.")
    return 0
