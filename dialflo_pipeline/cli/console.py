"""Where output goes and how it looks: colour and bars on a terminal, plain lines in a pipe."""

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

PIPE_WIDTH = 10_000
"""Columns of a line in a pipe: wide enough that a row stays on one line."""

SHOWN_CHARACTERS = 5_000
"""Shown of a text longer than such a line; drawing megabytes takes minutes."""


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False, soft_wrap=True)
    if not console.is_terminal:
        console.width = PIPE_WIDTH
    return console


out = _console(stderr=False)
"""Results of a command."""

err = _console(stderr=True)
"""Everything else: progress, hints, errors."""


def say(text: str, style: str = "") -> None:
    """Print a line of the result; brackets in it are not markup."""
    out.print(Text(text, style=style))


def say_error(text: str) -> None:
    """Print why the command did not do what was asked."""
    err.print(Text(text, style="red"))


def say_hint(text: str) -> None:
    """Print something worth knowing that is not the result."""
    err.print(Text(text, style="dim"))


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None) -> None:
    """Print a table; numbers are right-aligned, NULL is dimmed."""
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
        # Without padding to the longest text of the last column, which may be very long.
        out.file.write("\n".join(line.rstrip(" ") for line in captured.get().split("\n")))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def cell(value: object) -> Text:
    """A value as a table shows it: NULL is marked, and a very long text is cut."""
    if value is None:
        return Text("NULL", style="dim")
    text = str(value)
    return Text(text if len(text) <= PIPE_WIDTH else f"{text[:SHOWN_CHARACTERS]}… ({len(text):,} characters)")
