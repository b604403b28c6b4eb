"""Checks over a small real lake and warehouse, whole and then damaged in each way that they are there to find."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import polars as pl
import pytest

from dialflo_pipeline import pipeline as refresh
from dialflo_pipeline.checks.check import CheckResult, Stage
from dialflo_pipeline.checks.checked_days import FILE
from dialflo_pipeline.checks.context import Clock
from dialflo_pipeline.checks.run import all_checks, refuse_if_blocked, run_checks, stage_of
from dialflo_pipeline.core.errors import ChecksFailed, ModelError
from dialflo_pipeline.core.schema import RAW_ANSWERS, TASK_IDS
from dialflo_pipeline.flatten.days import flatten_days
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.lake.partitions import survey
from dialflo_pipeline.lake.registrations import forget
from dialflo_pipeline.lake.settings import LakeSettings
from dialflo_pipeline.marts.settings import MartSettings

DAY, NEXT = date(2024, 5, 1), date(2024, 5, 2)
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
RULES = LakeSettings("UTC", timedelta(hours=24))
CLOCK = Clock(datetime(2024, 5, 2, 18, tzinfo=UTC), ZoneInfo("UTC"), RULES.settle_after)
CALL = {"agent_name": "Asha", "call_status": "NO_ANSWER", "to_number": "919876543210"}

Check = Callable[..., dict[str, CheckResult]]


@pytest.fixture
def data_dir(tmp_path: Path) -> DataDir:
    return DataDir(tmp_path)


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Callable[[date, dict[str, object]], Path]:
    """A data folder after its first sync, made once for all tests that begin with the same."""
    made: dict[str, Path] = {}

    def first(day: date, answers: dict[str, object]) -> Path:
        name = json.dumps([day.isoformat(), answers])
        if name not in made:
            made[name] = tmp_path_factory.mktemp("synced")
            sync_into(DataDir(made[name]), day, answers)
        return made[name]

    return first


@pytest.fixture
def sync(data_dir: DataDir, synced: Callable[[date, dict[str, object]], Path]) -> Callable[..., None]:
    """Registers ids with their answers, and makes everything from them up to the marts."""

    def run(day: date, answers: dict[str, object]) -> None:
        if data_dir.private.exists():
            sync_into(data_dir, day, answers)
        else:
            shutil.copytree(synced(day, answers), data_dir.root, dirs_exist_ok=True)

    return run


def sync_into(data_dir: DataDir, day: date, answers: dict[str, object]) -> None:
    ids = [(name, day, NOON, NOON, None) for name in answers]
    data_dir.lake.append(TASK_IDS, pl.DataFrame(ids, schema=TASK_IDS.frame_schema, orient="row"), day)
    tries = [raw_answer(name, day, answer) for name, answer in answers.items()]
    data_dir.lake.append(RAW_ANSWERS, pl.DataFrame(tries, schema=RAW_ANSWERS.frame_schema), day)
    remake(data_dir)


def raw_answer(task_id: str, day: date, answer: object) -> dict[str, object]:
    empty = dict.fromkeys(RAW_ANSWERS.columns)
    return empty | {
        "task_id": task_id,
        "call_date": day,
        "asking_id": f"asking-{task_id}",
        "attempt": 1,
        "is_last": True,
        "requested_at": NOON,
        "received_at": NOON,
        "status": 200,
        "result": "usable" if answer else "empty",
        "is_complete": True,
        "body": json.dumps(answer).encode(),
        "stopped_run": False,
        "source": "api",
    }


def remake(data_dir: DataDir) -> None:
    stale = [each.day for each in survey(data_dir.lake, RULES) if not each.is_current]
    list(flatten_days(data_dir.lake, stale, RULES))
    refresh.load_warehouse(data_dir, survey(data_dir.lake, RULES))
    refresh.build_marts(data_dir, MartSettings("UTC", 3, 30))


@pytest.fixture
def check(data_dir: DataDir) -> Check:
    """The results of all checks of a stage, by what they are about and their names."""

    def run(stage: Stage = Stage.TABLES, *, everything: bool = False) -> dict[str, CheckResult]:
        checks = stage_of(all_checks(), stage)
        results = run_checks(data_dir, checks, RULES, CLOCK, everything=everything)
        return {f"{result.check.asset} {result.check.name}": result for result in results}

    return run


@pytest.fixture
def damage(data_dir: DataDir) -> Callable[[str], None]:
    """Runs SQL in the private file."""

    def run(sql: str) -> None:
        with duckdb.connect(data_dir.private) as connection:
            connection.execute(sql)

    return run


Sync = Callable[..., None]
Damage = Callable[[str], None]


def found(results: dict[str, CheckResult]) -> dict[str, str]:
    return {name: result.sentence for name, result in results.items() if not result.passed}


def test_a_whole_warehouse_passes_every_check(sync: Sync, check: Check, data_dir: DataDir) -> None:
    sync(DAY, {"a": [CALL], "b": [CALL, CALL], "c": [], "d": [CALL, 7], "gone": [CALL]})
    forget(data_dir.lake, ["gone"], CLOCK.now, work_dir=data_dir.work)
    remake(data_dir)
    assert found(check()) == {}
    assert found(check(Stage.MODELS)) == {}


def test_without_a_warehouse_there_is_nothing_to_find(check: Check) -> None:
    assert {result.sentence for result in check().values()} == {"Nothing is loaded yet."}


@pytest.mark.parametrize(
    ("sql", "name", "sentence"),
    [
        ("DELETE FROM main.tasks WHERE task_id = 'b'", "main.tasks every_id_once", "1 registered, but not in tasks"),
        (
            "INSERT INTO main.tasks FROM (SELECT * REPLACE ('x' AS task_id) FROM main.tasks WHERE task_id = 'b')",
            "main.tasks every_id_once",
            "1 in tasks, but not registered",
        ),
        ("INSERT INTO main.tasks FROM main.tasks", "main.tasks keys_unique", "2 rows have the same task_id"),
        ("INSERT INTO main.calls FROM main.calls", "main.calls keys_unique", "the same task_id, call_index"),
        (
            "DELETE FROM main.calls WHERE task_id = 'a'",
            "main.calls answers_have_their_calls",
            "2024-05-01: 1 with a usable answer, but without calls",
        ),
        (
            "DELETE FROM main.calls WHERE task_id = 'b' AND call_index = 0",
            "main.calls answers_have_their_calls",
            "1 with calls missing from the answer",
        ),
        (
            "UPDATE main.calls SET task_id = 'x' WHERE task_id = 'a'",
            "main.calls answers_have_their_calls",
            "with calls, but without a task",
        ),
        (
            "UPDATE main.calls SET interest_confidence = 1.5 WHERE task_id = 'a'",
            "main.calls as_declared",
            "2024-05-01: interest_confidence is above 1, 1 times",
        ),
        (
            "UPDATE main.calls SET outcome = 'lost' WHERE task_id = 'b'",
            "main.calls as_declared",
            "outcome is none of its words, 2 times",
        ),
        (
            "ALTER TABLE main.rejects ALTER path DROP NOT NULL",
            "main.rejects as_declared",
            "path is not a column of type VARCHAR, or may wrongly be empty",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_figures_and_blocks_where_it_must(
    sql: str, name: str, sentence: str, sync: Sync, check: Check, damage: Damage
) -> None:
    sync(DAY, {"a": [CALL], "b": [CALL, CALL]})
    damage(sql)
    results = check()
    assert sentence in results[name].sentence
    assert "98765" not in str(found(results))
    if results[name].check.is_blocking:
        with pytest.raises(ChecksFailed, match="readers keep what they have"):
            refuse_if_blocked(list(results.values()))
    else:
        refuse_if_blocked(list(results.values()))


def test_rows_of_a_mart_that_share_their_grain_block(sync: Sync, check: Check, damage: Damage) -> None:
    sync(DAY, {"a": [CALL]})
    damage("INSERT INTO marts.answer_rate FROM marts.answer_rate")
    result = check(Stage.MODELS)["marts.answer_rate grain_unique"]
    assert result.blocks
    assert result.sentence == "1 rows have the same call_date, agent_name as another one."


def test_days_found_in_order_are_not_looked_at_again_until_they_change(
    sync: Sync, check: Check, damage: Damage
) -> None:
    sync(DAY, {"a": [CALL]})
    assert check()["main.tasks every_id_once"].sentence == "Nothing found on the 1 days looked at."
    damage(f"DELETE FROM main.tasks WHERE call_date = '{DAY}'")
    sync(NEXT, {"b": [CALL]})
    assert check()["main.tasks every_id_once"].sentence == "Nothing found on the 1 days looked at."
    assert f"{DAY}: 1 registered" in check(everything=True)["main.tasks every_id_once"].sentence


def test_a_day_at_fault_is_told_again_until_it_is_mended(
    sync: Sync, check: Check, damage: Damage, data_dir: DataDir
) -> None:
    sync(DAY, {"a": [CALL]})
    damage("DELETE FROM main.calls")
    for _ in range(2):
        assert check()["main.calls answers_have_their_calls"].blocks
    refresh.load_warehouse(data_dir, survey(data_dir.lake, RULES), rebuild=True)
    assert found(check()) == {}


def test_an_id_on_two_days_is_found_though_the_other_day_is_long_in_order(
    sync: Sync, check: Check, damage: Damage
) -> None:
    sync(DAY, {"a": [CALL]})
    assert found(check()) == {}
    sync(NEXT, {"b": [CALL]})
    damage(f"UPDATE main.tasks SET task_id = 'a' WHERE call_date = '{NEXT}'")
    assert "1 rows have the same task_id" in check()["main.tasks keys_unique"].sentence


def test_a_day_with_newer_raw_files_is_left_to_the_run_that_derives_it(
    sync: Sync, check: Check, data_dir: DataDir
) -> None:
    sync(DAY, {"a": [CALL]})
    late = pl.DataFrame([("b", DAY, NOON, NOON, None)], schema=TASK_IDS.frame_schema, orient="row")
    data_dir.lake.append(TASK_IDS, late, DAY)
    assert check()["main.tasks every_id_once"].sentence == "Nothing found on the 0 days looked at."


@pytest.mark.parametrize("note", ["", "{", '{"basis": "other", "days": {"2024-05-01": "x"}}', '{"days": 3}'])
def test_a_note_that_cannot_be_read_or_is_of_other_checks_means_looking_at_all_days(
    note: str, sync: Sync, check: Check, data_dir: DataDir
) -> None:
    sync(DAY, {"a": [CALL]})
    check()
    (data_dir.work / FILE).write_text(note)
    assert check()["main.tasks every_id_once"].sentence == "Nothing found on the 1 days looked at."


def test_a_check_whose_sql_does_not_run_is_named(sync: Sync, data_dir: DataDir, tmp_path: Path) -> None:
    sync(DAY, {"a": [CALL]})
    folder = tmp_path / "sql" / "checks"
    folder.mkdir(parents=True)
    header = "/*\ndescription: d\nasset: main.calls\nsays: s\n*/\n"
    (folder / "mine.sql").write_text(header + "SELECT no_such_column FROM main.calls")
    checks = [each for each in all_checks(folder.parent) if each.name == "mine"]
    with pytest.raises(ModelError, match=r"The check mine of main\.calls does not run"):
        run_checks(data_dir, checks, RULES, CLOCK)
