"""Argument types that several commands share."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from dialflo_pipeline.core.errors import UsageError

Span = tuple[date | None, date | None]
"""First and last day, both included; None where it is open."""


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("is not a date (expected YYYY-MM-DD)") from None


FirstDay = Annotated[date | None, typer.Option("--from", metavar="DAY", parser=_day, help="First day, included.")]
LastDay = Annotated[date | None, typer.Option("--to", metavar="DAY", parser=_day, help="Last day, included.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def span(first: date | None, last: date | None) -> Span:
    """Both days as a span. Raises `UsageError` if the first comes after the last."""
    if first and last and first > last:
        raise UsageError(f"--from {first} is after --to {last}.")
    return first, last


def utf8_path(path: Path | None) -> Path | None:
    """Refuse a path that is not UTF-8."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise typer.BadParameter("is not UTF-8 text") from None
    return path
