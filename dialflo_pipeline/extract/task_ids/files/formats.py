"""The formats of a task-id file; light to import, for the command line."""

from enum import StrEnum
from pathlib import Path

from dialflo_pipeline.core.errors import TaskFileError


class Format(StrEnum):
    """The formats of a task-id file. The file's extension names it, in upper or lower case."""

    CSV = "csv"
    TSV = "tsv"
    JSONL = "jsonl"
    PARQUET = "parquet"
    TXT = "txt"
    XLSX = "xlsx"


def format_of(path: Path) -> Format:
    """The format that a file's extension names; `TaskFileError` for any other extension."""
    try:
        return Format(path.suffix.removeprefix(".").lower())
    except ValueError:
        known = " ".join(f".{known}" for known in Format)
        raise TaskFileError(f"{path} has none of the extensions {known}. Rename it or name its format.") from None
