"""Two processes at work on the same data: one waits, or is told who is at work; nobody sees anything in between."""

import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dialflo_pipeline.publish.publish import read_published
from tests.chaos.children import MAX_SECONDS, Child
from tests.chaos.contents import lake_tables, published_tables
from tests.chaos.harness import HISTORY_SETTINGS, Harness, Undisturbed

COUNT = "SELECT count(*) FROM calls"


@dataclass
class Meeting:
    """One folder with data, and commands over it."""

    harness: Harness
    of: Undisturbed
    run: Path

    @property
    def data(self) -> Path:
        return self.run / "data"

    @property
    def published(self) -> Path:
        return self.data / "warehouse.duckdb"

    def start(self, *arguments: str, stdin: Path | None = None, **settings: Any) -> Child:
        """Run a command; settings are put into its environment."""
        env = self.harness.env(self.run, self.of.stage) | settings
        return self.harness.forker.start(self.run, arguments, env, stdin=stdin)

    def held(self, *arguments: str, **settings: Any) -> Child:
        """A run under way, that waits for the answer to its first requests."""
        self.harness.api.held.add(self.run.name)
        child = self.start(*arguments, **settings)
        asked = self.harness.api.asked[self.run.name]
        _wait_for(lambda: bool(asked), child)
        return child

    def let_go(self) -> None:
        self.harness.api.held.discard(self.run.name)


@pytest.fixture
def meeting(harness: Harness, sampled: list[Undisturbed]) -> Meeting:
    """At the second stage of the campaign: something is published already, and there is something to do."""
    of = sampled[1]
    return Meeting(harness, of, harness.new_run(of.answers, of.before))


def _wait_for(condition: Callable[[], bool], child: Child) -> None:
    end = time.monotonic() + MAX_SECONDS
    while not condition():
        assert time.monotonic() < end, child.said
        time.sleep(0.005)


def _home(run: Path) -> str:
    """A run history of its own: there Dagster keeps the output of steps as well, in files that no other run has."""
    (run / "home").mkdir()
    shutil.copy(HISTORY_SETTINGS, run / "home")
    return str(run / "home")


BESIDE_A_SYNC = [
    (("sync",), 4, "dialflo sync (process PID on "),
    (("rebuild",), 4, "dialflo sync (process PID on "),
    (("status", "--json"), 0, '"states"'),
    (("query", COUNT, "--format", "csv"), 0, "CALLS\n"),
    (("doctor",), 0, "held by dialflo sync (process PID on "),
]
"""A command, how it ends beside a sync that is at work, and what it says then."""


def test_beside_a_sync_a_run_is_told_who_is_at_work_and_readers_go_on(meeting: Meeting) -> None:
    sync = meeting.held("sync")
    since = json.loads((meeting.data / "work" / "run.holder.json").read_text())["since"][:16].replace("T", " ")
    (published, *_) = meeting.of.versions
    calls = len(published["main.calls"].rows) if published else None
    for arguments, code, sign in BESIDE_A_SYNC:
        before = len(sync.said)
        assert meeting.start(*arguments).wait() == code, arguments
        said = (meeting.run / "out").read_text() + (meeting.run / "err").read_text()
        assert len(sync.said) > before
        assert sign.replace("PID", str(sync.pid)).replace("CALLS", f"count_star()\n{calls}") in said, arguments
        assert code != 4 or f"since {since}" in said
    meeting.let_go()
    assert sync.wait() == meeting.of.code
    assert "Traceback" not in sync.said
    assert meeting.harness.compare(meeting.of, meeting.run, 1) == []


def test_a_run_of_dagster_waits_for_the_command_line(meeting: Meeting) -> None:
    home = _home(meeting.run)
    sync = meeting.held("sync")
    scheduled = meeting.start("the schedule", DAGSTER_HOME=home)
    _wait_for(lambda: f"Waiting for dialflo sync (process {sync.pid} on " in scheduled.said, scheduled)
    meeting.let_go()
    assert sync.wait() == meeting.of.code
    assert scheduled.wait() == 0
    assert meeting.harness.compare(meeting.of, meeting.run, 2) == []


def test_the_command_line_is_told_of_a_run_of_dagster(meeting: Meeting) -> None:
    home = _home(meeting.run)
    scheduled = meeting.held("the schedule", DAGSTER_HOME=home)
    assert meeting.start("sync").wait() == 4
    assert "Dagster run " in scheduled.said
    assert f"(process {scheduled.pid} on " in scheduled.said
    meeting.let_go()
    assert scheduled.wait() == 0
    assert meeting.start("sync").wait() == meeting.of.code
    assert meeting.harness.compare(meeting.of, meeting.run, 2) == []


def test_ids_that_are_added_during_a_sync_are_asked_for_by_it_or_by_the_next(meeting: Meeting) -> None:
    file = meeting.run / "ids.csv"
    file.write_text("task_id,call_date\n" + "".join(f"beside-{day},2026-01-0{1 + day}\n" for day in range(4)))
    sync = meeting.held("sync")
    assert meeting.start("tasks", "add", str(file)).wait() == 0
    meeting.let_go()
    assert sync.wait() == meeting.of.code
    assert meeting.start("sync").wait() == meeting.of.code
    tables = published_tables(meeting.published)
    states = {row[0]: row[4] for row in tables["main.tasks"].rows}
    assert {task_id: state for task_id, state in states.items() if task_id.startswith("beside-")} == dict.fromkeys(
        [f"beside-{day}" for day in range(4)], "not_found"
    )
    assert len(states) == len(tables["main.tasks"].rows)
    expected = meeting.of.published
    assert expected is not None
    assert tables["main.calls"].of("calls").differences(expected["main.calls"].of("calls")) == []


def test_two_registrations_at_once_share_the_ids_out(meeting: Meeting) -> None:
    file = meeting.run / "ids.txt"
    file.write_text("".join(f"beside-{number}\n" for number in range(500)))
    adding = [meeting.start("tasks", "add", "-", stdin=file) for _ in range(3)]
    assert [child.wait() for child in adding] == [0, 0, 0]
    lines = sorted(line for line in adding[0].said.splitlines() if line.startswith("registered"))
    assert lines == [
        *["registered 0, already known 500, refused 0"] * 2,
        "registered 500, already known 0, refused 0",
    ]
    registered = [row[2] for row in lake_tables(meeting.data / "lake")["task_ids"].rows]
    assert len(registered) == len(set(registered)) == len(meeting.of.lake["task_ids"].rows) - 4 + 500


def test_a_reader_keeps_what_it_has_opened_through_several_syncs_and_new_ones_see_the_new(meeting: Meeting) -> None:
    expected = meeting.of.published
    assert expected is not None
    with duckdb.connect(str(meeting.published), read_only=True) as held:
        before = held.execute("FROM calls ORDER BY ALL").fetchall()
        marts = held.execute("FROM marts.answer_rate").fetchall()
        for _ in range(2):
            assert meeting.start("sync").wait() == meeting.of.code
        assert held.execute("FROM calls ORDER BY ALL").fetchall() == before
        assert held.execute("FROM marts.answer_rate").fetchall() == marts
        with read_published(meeting.published) as new:
            (calls,) = new.execute(COUNT).fetchone() or (0,)
        assert calls == len(expected["main.calls"].rows) > len(before)
    assert meeting.harness.compare(meeting.of, meeting.run, 2) == []


def test_queries_during_a_sync_see_one_version_or_the_next(meeting: Meeting) -> None:
    versions = [version["main.calls"].rows for version in meeting.of.versions if version]
    sync = meeting.start("sync")
    seen = set()
    while not (meeting.data / "work" / "run.holder.json").exists():
        time.sleep(0.002)
    while (meeting.data / "work" / "run.holder.json").exists():
        with read_published(meeting.published) as connection:
            seen.add(connection.execute("SELECT count(*), count(DISTINCT task_id) FROM calls").fetchone())
            connection.execute("FROM marts.redial_backlog").fetchall()
        time.sleep(0.01)
    assert sync.wait() == meeting.of.code
    assert seen <= {(len(rows), len({row[0] for row in rows})) for rows in versions}


def test_what_a_killed_holder_left_blocks_nobody_even_if_its_number_is_used_again(meeting: Meeting) -> None:
    sync = meeting.held("sync")
    sync.kill()
    sync.wait()
    holder = meeting.data / "work" / "run.holder.json"
    holder.write_text(json.dumps(json.loads(holder.read_text()) | {"pid": os.getpid()}))
    assert meeting.start("doctor").wait() == 0
    assert "held by" not in (meeting.run / "out").read_text()
    meeting.let_go()
    assert meeting.start("sync").wait() == meeting.of.code
    assert not holder.exists()
    assert meeting.harness.compare(meeting.of, meeting.run, 2) == []
