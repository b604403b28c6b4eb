"""What goes wrong is told in one clear message and the promised exit code; never in a stack trace."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.command import Command
from tests.support.scripted_api import TOKEN, ApiResponse, serving
from tests.support.warehouse_rows import read_tables

NOWHERE = "http://127.0.0.1:9"
IDS = b"one\ntwo\nthree\nfour\nfive\nsix\n"


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"timezone": "Asia/Nowhere", "tries": "many"}, ["DIALFLO_TIMEZONE", "DIALFLO_TRIES"]),
        ({"max_concurrency": "0", "rate_limit": "-1"}, ["DIALFLO_MAX_CONCURRENCY", "DIALFLO_RATE_LIMIT"]),
    ],
)
def test_every_wrong_setting_is_named_at_once(
    settings: dict[str, str], named: list[str], dialflo: Callable[..., Command]
) -> None:
    done = dialflo(NOWHERE, **settings)("sync")
    assert done.returncode == 2
    assert all(name in done.stderr for name in named)
    assert TOKEN not in done.stderr + done.stdout


@pytest.mark.parametrize(
    "arguments",
    [["sync", "--from", "yesterday"], ["sync", "--from", "2026-02-02", "--to", "2026-02-01"], ["snyc"]],
    ids=" ".join,
)
def test_wrong_use_exits_with_two(arguments: list[str], dialflo: Callable[..., Command]) -> None:
    done = dialflo(NOWHERE)(*arguments)
    assert (done.returncode, bool(done.stderr.strip())) == (2, True)


def test_nothing_registered_is_no_failure_and_gives_a_hint(dialflo: Callable[..., Command]) -> None:
    command = dialflo(NOWHERE)
    (command.data / "inbox").mkdir(parents=True)
    done = command("sync")
    assert done.returncode == 0
    assert "tasks add" in done.stderr + done.stdout


def test_a_file_without_task_ids_is_refused_with_its_reason(tmp_path: Path, dialflo: Callable[..., Command]) -> None:
    file = tmp_path / "leads.csv"
    file.write_text("name,phone\nA,917407656243\n")
    done = dialflo(NOWHERE)("tasks", "add", file)
    assert done.returncode == 1
    assert "leads.csv" in done.stderr
    assert "task_id" in done.stderr
    assert "917407656243" not in done.stderr + done.stdout


def test_a_file_of_no_known_kind_costs_only_itself(tmp_path: Path, dialflo: Callable[..., Command]) -> None:
    (tmp_path / "leads.xlsx").write_bytes(b"PK")
    (tmp_path / "good.txt").write_bytes(IDS)
    done = dialflo(NOWHERE)("tasks", "add", tmp_path / "leads.xlsx", tmp_path / "nowhere.csv", tmp_path / "good.txt")
    assert done.returncode == 1
    assert "leads.xlsx" in done.stderr
    assert "nowhere.csv" in done.stderr
    assert "registered 6" in done.stdout


def test_an_unreachable_host_is_told_and_leaves_its_ids_pending(dialflo: Callable[..., Command]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: every connection is refused
        command = dialflo(f"http://127.0.0.1:{taken.getsockname()[1]}", tries="1")
        command("tasks", "add", "-", stdin=IDS)
        done = command("sync")
    assert done.returncode == 1
    assert "6 without an answer" in done.stderr
    rows = read_tables(command.published)["tasks"]
    assert {(row["state"], row["attempts"], row["last_status"]) for row in rows} == {("pending", 1, None)}
    for sql in ("SELEKT 1", "SELECT * FROM cals", "DROP TABLE calls", "", ";"):
        wrong = command("query", sql)
        assert (wrong.returncode, bool(wrong.stderr.strip())) == (2, True), sql


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_stops_the_run_and_marks_nothing_failed(status: int, dialflo: Callable[..., Command]) -> None:
    refusal = ApiResponse(b'{"detail": "Invalid token"}', status)
    with serving({name: [refusal] for name in IDS.decode().split()}) as api:
        command = dialflo(api.base_url, max_concurrency="1")
        command("tasks", "add", "-", stdin=IDS)
        done = command("sync")
        assert done.returncode == 3
        assert "DIALFLO_API_TOKEN" in done.stderr
        assert len(api.headers) == {401: 1, 403: 5}[status]
    assert {row["state"] for row in read_tables(command.published)["tasks"]} == {"pending"}
    assert not any(TOKEN.encode() in file.read_bytes() for file in command.data.rglob("*") if file.is_file())
    assert TOKEN not in "".join(command.said)
