"""Where output goes and how it looks: colour and bars on a terminal, plain lines in a pipe."""

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

UNBROKEN = 10_000
"""Columns of a line that no terminal folds: in a pipe a row stays on one line."""

LONGEST = 5_000
"""Characters that are shown of a text which alone would fill such a line; to draw one of megabytes takes minutes."""


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False, soft_wrap=True)
    if not console.is_terminal:
        console.width = UNBROKEN
    return console


out = _console(stderr=False)
"""What a command was asked for."""

err = _console(stderr=True)
"""What is said beside it: progress, hints, errors."""


def say(text: str, style: str = "") -> None:
    """A line of the answer; brackets in it are just brackets."""
    out.print(Text(text, style=style))


def say_error(text: str) -> None:
    """Why the command did not do what was asked."""
    err.print(Text(text, style="red"))


def say_hint(text: str) -> None:
    """Something to know beside the answer."""
    err.print(Text(text, style="dim"))


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None) -> None:
    """A table; numbers stand right, NULL is dimmed."""
    drawn = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        header_style="bold cyan",
        box=box.HEAVY_HEAD if out.is_terminal else None,
        pad_edge=out.is_terminal,
    )
    cells = [list(row) for row in rows]
    for place, name in enumerate(columns):
        numeric = any(_is_number(row[place]) for row in cells)
        drawn.add_column(
            Text(name), justify="right" if numeric else "left", style="green" if numeric else None, overflow="fold"
        )
    for row in cells:
        drawn.add_row(*(cell(value) for value in row))
    if out.is_terminal:
        out.print(drawn)
    else:
        with out.capture() as captured:
            out.print(drawn)
        # Not filled up to the longest text of the last column, which may be very long.
        out.file.write("\n".join(line.rstrip(" ") for line in captured.get().split("\n")))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def cell(value: object) -> Text:
    """A value as a table shows it; NULL so that nobody takes it for text, of a very long text the start."""
    if value is None:
        return Text("NULL", style="dim")
    text = str(value)
    return Text(text if len(text) <= UNBROKEN else f"{text[:LONGEST]}… ({len(text):,} characters)")
