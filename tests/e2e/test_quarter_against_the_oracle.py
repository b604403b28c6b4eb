"""A quarter of calls through the installed command: every mart, row for row, as its header says.

Half of the calls come late, answers are corrected, settings and mappings change; after each sync the oracle
works out all marts from the tables alone.
"""

import csv
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from tests.support.command import Command
from tests.support.oracle.warehouse import Rules, TaskRow, expected_warehouse
from tests.support.scripted_api import ScriptedApi, serving
from tests.support.varied_quarter import DAYS, ZONES, Quarter, other_rules, quarter
from tests.support.warehouse_rows import differences, read_with_time

FIRST_DAYS = (date(2024, 1, 2), date(2024, 9, 15), datetime.now(UTC).date() - timedelta(days=DAYS - 3))
"""Of quarters in which clocks jump, and of one that is not over: some of its calls still wait for their answer."""


@dataclass
class Compared:
    """A data folder that is compared with the oracle after each command."""

    command: Command
    api: ScriptedApi
    made: Quarter
    rules: Rules

    def add(self, rows: list[TaskRow]) -> None:
        path = self.command.folder / "tasks.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["task_id", "completed_at", "call_date"])
            writer.writerows([row.task_id, row.completed_at, row.call_date] for row in rows)
        assert self.command("tasks", "add", path).returncode == 0

    def run(self, *arguments: str) -> None:
        """Run the command under the settings of now; nothing may differ from the oracle."""
        folder = self.command.data / "seeds"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name, text in self.rules.seeds.items():
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        settings = {f"DIALFLO_{name.upper()}": value for name, value in self.rules.settings().items()}
        done = self.command(*arguments, stdin=b"", **settings)
        assert done.returncode in (0, 1), done.stderr
        found, now = read_with_time(self.command.published)
        registered_at = {row["task_id"]: row["registered_at"] for row in found["tasks"]}
        rows = [row for row in (*self.made.timely, *self.made.late) if row.task_id in registered_at]
        expected = expected_warehouse(rows, self.api.askings(), registered_at, self.rules)
        assert differences(found, expected, now) == []
        self.api.round += 1


def check_quarter(seed: int, tasks: int, command: Callable[..., Command], *, corrections: Iterable[str]) -> None:
    """Timely calls, late ones, other settings with a part asked again, all asked again."""
    dice = Random(seed)  # noqa: S311 - the same quarter again for the same seed
    made = quarter(seed, ZONES[seed % len(ZONES)], tasks, FIRST_DAYS[seed % len(FIRST_DAYS)])
    with serving(made.script) as api:
        compared = Compared(command(api.base_url, timezone=made.rules.timezone), api, made, made.rules)
        compared.add(made.timely)
        compared.run("sync")
        compared.add(made.late)
        for correction in corrections:
            compared.run(*correction.split())
            compared.rules = other_rules(dice, made.rules)


def test_every_mart_of_a_quarter_is_as_its_header_says(dialflo: Callable[..., Command]) -> None:
    check_quarter(5, 250, dialflo, corrections=["sync", "sync --refetch"])


@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", range(1, 31))
def test_every_mart_of_many_quarters_is_as_its_header_says(
    seed: int, tmp_path: Path, dialflo: Callable[..., Command]
) -> None:
    first = FIRST_DAYS[seed % len(FIRST_DAYS)]
    part = f"sync --refetch --from {first} --to {first + timedelta(days=25)}"
    check_quarter(seed, 1500, dialflo, corrections=["sync", part, "sync --refetch", "sync", "rebuild"])
