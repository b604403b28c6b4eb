"""A sample of the kills that `make exhaustive` tries, in the time of an ordinary test run."""

import shutil
import signal
from random import Random

import duckdb
import pytest

from tests.chaos.harness import Harness, Timed, Undisturbed, named_kills, random_kill
from tests.chaos.steps import Kill

RANDOM_CASES = 4
NAMED_CASES = 4


@pytest.mark.parametrize("number", range(RANDOM_CASES))
def test_a_run_killed_at_random_comes_to_what_an_undisturbed_one_gives(
    number: int, harness: Harness, sampled: list[Undisturbed], dice: Random
) -> None:
    of = sampled[number % len(sampled)]
    kills = [random_kill(dice, of) for _ in range(1 + number % 2)]
    assert harness.disturbed(of, kills) == []


@pytest.mark.parametrize("number", range(NAMED_CASES))
def test_a_run_killed_at_a_named_step_comes_to_what_an_undisturbed_one_gives(
    number: int, harness: Harness, sampled: list[Undisturbed], dice: Random
) -> None:
    of = sampled[number]
    assert harness.disturbed(of, [dice.choice(named_kills(dice, of))]) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_asked_to_end_does_so_in_order_and_goes_on_from_there(
    number: signal.Signals, harness: Harness, sampled: list[Undisturbed], dice: Random
) -> None:
    of = sampled[0]
    assert harness.disturbed(of, [Timed(dice.uniform(0, of.seconds), number)]) == []


def test_no_file_is_changed_but_by_a_named_step(sampled: list[Undisturbed]) -> None:
    assert set().union(*(of.unnamed for of in sampled)) == set()


DUE = {
    "first": [
        *(f"{what} lake/{table}/<day>" for table in ("calls", "tasks", "raw_answers") for what in ("fsync", "mkdir")),
        "replace lake/tasks/<day>/tasks.parquet",
        "replace lake/task_ids/<day>/<flush>.parquet",
        "replace inbox/done/a.csv",
        "replace inbox/refused/refused.csv",
        "DuckDB begin work/warehouse.duckdb",
        "DuckDB commit work/warehouse.duckdb",
        "DuckDB CHECKPOINT work/warehouse.duckdb",
        "copyfile work/unfinished/<aside>-warehouse.duckdb",
        "replace warehouse.duckdb",
        "replace dashboard.html",
        "replace work/last_run.json",
        "flock work/run.lock",
        "fsync work/asset_events.jsonl",
    ],
    "more": ["unlink lake/tasks/<day>/tasks.parquet", "replace inbox/done/a-2.csv"],
}
"""Some of the steps there must be, so that a wrapper that has come off is found."""


def test_the_steps_that_matter_most_are_among_those_named(sampled: list[Undisturbed]) -> None:
    for of in sampled:
        named = {name.partition(": ")[2] for name in of.names}
        assert [due for due in DUE.get(of.stage.name, ()) if due not in named] == []
    assert any(name.startswith("marts.incremental_build.") for name in sampled[1].names), "few calls changed"


def test_the_comparison_sees_what_is_lost_doubled_or_left(harness: Harness, sampled: list[Undisturbed]) -> None:
    """A harness that finds nothing must be one that could."""
    of = sampled[0]
    run = harness.new_run(of.answers, of.before)
    harness.start(run, of.stage, of.before).wait()
    assert harness.compare(of, run, 1) == []
    lake = run / "data" / "lake"
    raw = next((lake / "raw_answers").rglob("*.parquet"))
    shutil.copyfile(raw, raw.with_name(f"1{raw.name[1:]}"))
    next((lake / "calls").rglob("*.parquet")).unlink()
    (run / "data" / "inbox" / "left.csv").touch()
    with duckdb.connect(run / "data" / "warehouse.duckdb") as connection:
        connection.execute("DELETE FROM calls WHERE task_id = 'new-settled'")
        connection.execute("INSERT INTO rejects SELECT * FROM rejects LIMIT 1")
        connection.execute("UPDATE tasks SET last_status = 1 WHERE task_id = 'odd-down'")
    found = "\n".join(harness.compare(of, run, 1))
    for sign in (
        "published main.calls: lost: ('new-settled'",
        "published main.rejects: too much",
        "published main.tasks: lost: ('odd-down'",
        "published main.tasks: too much: ('odd-down'",
        "lake calls: lost",
        "files that are not in both: ['inbox/left.csv']",
        "raw_answers: an asking of",
    ):
        assert sign in found


def test_what_a_killed_registration_leaves_is_swept_by_the_next_sync(
    harness: Harness, sampled: list[Undisturbed]
) -> None:
    of = sampled[-1]
    assert of.stage.arguments[0] == "tasks"
    run = harness.new_run(of.answers, of.before)
    (written,) = [name for name in of.names if "Parquet close" in name]
    assert harness.start(run, of.stage, of.before, kill=Kill(written, 1, "after")).wait() == -signal.SIGKILL
    left = run / "data" / "work" / "unfinished-registration"
    assert len(list(left.iterdir())) == 1
    harness.start(run, sampled[0].stage, of.before).wait()
    assert not left.exists() or list(left.iterdir()) == []
