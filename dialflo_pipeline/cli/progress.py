"""A run as people see it: progress bars on a terminal, a plain line now and then elsewhere."""

import time
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from dialflo_pipeline.cli.console import err, say_error
from dialflo_pipeline.progress import Reporter

if TYPE_CHECKING:
    from dialflo_pipeline.extract.fetch import FetchReport
    from dialflo_pipeline.recovery.quarantine import Finding

LINE_EVERY_SECONDS = 5.0


class ProgressReporter(Reporter):
    """Shows how far fetching and flattening are; use it as a context manager."""

    def __init__(self) -> None:
        super().__init__()
        self._bars = Progress(
            TextColumn("{task.description:<10}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=err,
            disable=not err.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}
        self._next_line = 0.0

    def __enter__(self) -> "ProgressReporter":
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Give the terminal back."""
        self._bars.stop()

    def damage_found(self, finding: "Finding") -> None:
        """Show damage immediately: what follows may take long."""
        super().damage_found(finding)
        say_error(f"damaged: {finding}")

    def fetching(self, report: "FetchReport") -> None:
        """One more fetch of an id ended."""
        super().fetching(report)
        self._show("fetching", report.asked, report.wanted, lambda: _results(report))

    def fetched(self, report: "FetchReport") -> None:
        """The run fetches no more."""
        super().fetched(report)
        if report.wanted and not err.is_terminal:
            err.print(f"fetched {report.asked} of {report.wanted}: {_results(report)}")

    def flattening(self, done: int, total: int, day: date) -> None:
        """A day is flattened."""
        self._show("flattening", done, total, day.isoformat)

    def _show(self, stage: str, done: int, total: int, note: Callable[[], str]) -> None:
        if not err.is_terminal:
            self._line(stage, done, total)
            return
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(stage, total=total, note="")
        self._bars.update(self._tasks[stage], completed=done, note=note())

    def _line(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now >= self._next_line:
            self._next_line = now + LINE_EVERY_SECONDS
            err.print(f"{stage} {done} of {total}")


def _results(report: "FetchReport") -> str:
    return ", ".join(f"{count} {result}" for result, count in sorted(report.results.items())) or "none"
