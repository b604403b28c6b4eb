"""The command line as a whole: what it imports, and how it ends."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from dialflo_pipeline.cli.command_folder import CommandFolder, summary
from tests.support.command import Command
from tests.support.forked import ForkServer

# Promised to users. `tests/unit/test_docs.py` compares all commands with their page.
COMMANDS = (
    *("demo", "tasks", "sync", "rebuild", "status", "query", "export", "redial", "metrics", "doctor", "dev"),
    *("page", "dashboard", "simulate"),
)


def run(*arguments: str, code: str | None = None) -> subprocess.CompletedProcess[str]:
    command = (
        [sys.executable, "-c", code, *arguments] if code else [sys.executable, "-m", "dialflo_pipeline.cli", *arguments]
    )
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def command(tmp_path: Path, forking: ForkServer) -> Command:
    """The command as a fork, which is quick: for what does not depend on how the process begins."""
    return Command(tmp_path, dict(os.environ), forking)


def loaded_modules(*arguments: str) -> set[str]:
    """The top-level modules in the process once `dialflo` with these arguments has ended."""
    code = f"""
import json, sys
from dialflo_pipeline.cli import main
sys.argv = ["dialflo", *{list(arguments)!r}]
try:
    main()
except SystemExit:
    print("\\n" + json.dumps(sorted({{name.partition(".")[0] for name in sys.modules}})))
"""
    return set(json.loads(run(code=code).stdout.splitlines()[-1]))


def test_help_lists_every_command() -> None:
    shown = run("--help")
    assert shown.returncode == 0
    assert all(command in shown.stdout for command in COMMANDS)


@pytest.mark.parametrize(
    "arguments",
    [
        ("export", "--to", "\udcff"),
        ("export", "\udcff"),
        ("query", "SELECT 1", "--output", "\udcff.csv"),
        ("query", "\udcff"),
        ("query", "--file", "\udcff"),
        ("metrics", "\udcff"),
        ("tasks", "add", "\udcff"),
        ("tasks", "forget", "\udcff"),
        ("\udcff",),
    ],
)
def test_an_argument_that_is_no_text_is_told_without_a_stack_trace(
    command: Command, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    duckdb.connect(tmp_path / "warehouse.duckdb").close()
    done = command(*arguments, DIALFLO_DATA_DIR=str(tmp_path))
    assert done.returncode in (1, 2)
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_help_loads_neither_dagster_nor_a_data_library() -> None:
    assert loaded_modules("--help").isdisjoint({"dagster", "polars", "duckdb", "pyarrow", "httpx", "dataframely"})


def test_status_does_not_load_dagster(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("DIALFLO_DATA_DIR", str(tmp_path_factory.mktemp("data")))
    assert "dagster" not in loaded_modules("status")


def test_a_sync_with_nothing_to_do_loads_neither_dagster_nor_http(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("DIALFLO_DATA_DIR", str(tmp_path_factory.mktemp("data")))
    assert loaded_modules("sync").isdisjoint({"dagster", "httpx", "sqlglot", "yaml"})


SIGNALLED = """
import builtins, os, signal, typer.main
from dialflo_pipeline.cli import main

def stopped(*args, **kwargs):
    os.kill(os.getpid(), signal.{number})
    raise AssertionError("it goes on")

{function} = stopped
main()
"""


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
def test_a_signal_before_a_command_has_begun_is_told_in_a_word(number: str) -> None:
    done = run(code=SIGNALLED.format(function="typer.main.get_command", number=number))
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "Interrupted.\n")


LOAD_SETTINGS = "dialflo_pipeline.core.settings.load_settings"


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("command", [["status"], ["sync"], ["tasks", "forget", "an-id"]])
def test_a_signal_before_a_command_does_its_work_is_told_in_a_word(number: str, command: list[str]) -> None:
    code = "import dialflo_pipeline.core.settings\n" + SIGNALLED.format(function=LOAD_SETTINGS, number=number)
    done = run(*command, code=code)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "Interrupted.\n")


def test_ctrl_c_while_the_commands_are_imported_ends_the_process_without_a_word() -> None:
    done = run(code=SIGNALLED.format(function="builtins.__import__", number="SIGINT"))
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


def test_importing_the_package_loads_nothing_else() -> None:
    code = """
import sys
before = set(sys.modules)
import dialflo_pipeline
print(sorted(set(sys.modules) - before))
"""
    assert run(code=code).stdout.strip() == "['dialflo_pipeline']"


@pytest.mark.parametrize(
    "arguments",
    [
        ["sync", "--from", "2026-02-30"],
        ["sync", "--nonsense"],
        ["query"],
        ["query", "SELECT 1", "--format", "xml"],
        ["x"],
    ],
)
def test_a_wrong_argument_is_a_usage_error_without_a_stack_trace(command: Command, arguments: list[str]) -> None:
    ended = command(*arguments)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    assert ended.stderr.strip()


def test_a_span_that_ends_before_it_begins_is_a_usage_error(command: Command) -> None:
    ended = command("sync", "--from", "2026-02-02", "--to", "2026-02-01")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "--from 2026-02-02 is after --to 2026-02-01" in ended.stderr


def test_wrong_settings_are_all_listed_and_end_with_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIALFLO_TIMEZONE", "Mars/Olympus")
    monkeypatch.setenv("DIALFLO_TRIES", "none")
    ended = run("status")
    assert ended.returncode == 2
    assert "DIALFLO_TIMEZONE" in ended.stderr
    assert "DIALFLO_TRIES" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_every_command_has_a_one_line_summary_and_a_help_text() -> None:
    folder = CommandFolder()
    assert set(folder) >= set(COMMANDS)
    assert all(folder[name].help for name in folder)
    assert all(0 < len(summary(name)) <= 100 and summary(name)[-1] == "." for name in folder)


def test_a_mistyped_command_is_answered_with_the_nearest_one() -> None:
    ended = run("syncc")
    assert ended.returncode == 2
    assert "'sync'" in ended.stderr
