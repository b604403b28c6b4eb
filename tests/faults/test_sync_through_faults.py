"""Faults through the installed command: what a user sees, what is in the files, and what must be in none of them."""

import csv
import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dialflo_pipeline.run.event_file import EVENT_FILE
from tests.support.cases.http_faults import BROKEN, SLOW, STATES, STATUSES, WHOLE, Fault
from tests.support.command import Command
from tests.support.fault_server import FaultServer, Say
from tests.support.scripted_api import TOKEN
from tests.support.warehouse_rows import read_tables

PHONES = ("917400011122", "918800099977", "+91 (990) 007-7766")
CALLED, IN_A_FILE, IN_A_BAD_ROW = PHONES
GOOD = json.dumps([{"agent_name": "A", "call_status": "BUSY", "to_number": CALLED}]).encode()
ODD = json.dumps([{"call_status": "BUSY", "to_number": [CALLED], "call_duration": CALLED + "x", "end_time": CALLED}])
QUOTING = json.dumps({"detail": f"no call to {CALLED} for auth_token: Bearer {TOKEN}"}).encode()

# What makes all others pause for seconds is tried elsewhere.
FAULTS = [fault for fault in (*STATUSES[::7], *WHOLE, *BROKEN[::3], *SLOW[::3]) if not fault.is_last_word]
OTHERS = [
    Fault("numbers where none are due", Say(200, ODD.encode()), "usable", None, 200),
    Fault("a phone number in place of JSON", Say(200, CALLED.encode() + b" rings"), "garbage", "", 200),
    Fault("a phone number alone", Say(200, f'"{CALLED}"'.encode()), "empty", "", 200),
    *(Fault(f"{status} that quotes", Say(status, QUOTING), "refused", "", status) for status in (400, 409, 422)),
    Fault("500 that quotes", Say(500, QUOTING), "trouble", "", 500),
]

WATCH = """
import os, sys

def note(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        line = f"{arguments[1][0]}:{arguments[1][1]}"
    elif event == "socket.getaddrinfo":
        line = f"{arguments[0]}:{arguments[1]}"
    else:
        return
    with open(os.environ["CONTACTS"], "a") as file:
        file.write(line + "\\n")

sys.addaudithook(note)
# What connects outside of Python cannot be watched from within it.
sys.modules["dialflo_pipeline.api.rust_transport"] = sys.modules["uvloop"] = None
"""
"""Put before everything the command does: who is called, by whatever part of it."""


@pytest.fixture
def watched(tmp_path: Path, dialflo: Callable[..., Command]) -> Callable[..., Command]:
    """The command, its calls to anybody noted in `contacts`, its temporary files in a folder of their own."""
    (tmp_path / "watch").mkdir()
    (tmp_path / "watch" / "sitecustomize.py").write_text(WATCH)
    (tmp_path / "temporary").mkdir()

    def command(base_url: str, **settings: str) -> Command:
        made = dialflo(base_url, **settings)
        made.is_installed = True
        made.env["PYTHONPATH"] = f"{tmp_path / 'watch'}{os.pathsep}{made.env['PYTHONPATH']}"
        made.env |= {"CONTACTS": str(tmp_path / "contacts"), "TMPDIR": str(tmp_path / "temporary")}
        return made

    return command


def _write_ids(path: Path, ids: list[str]) -> None:
    completed_at = datetime.now(UTC).isoformat()
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["task_id", "completed_at", "lead_phone"])
        writer.writerows([task_id, completed_at, IN_A_FILE] for task_id in ids)
        writer.writerow([IN_A_BAD_ROW, completed_at, IN_A_FILE])
        writer.writerow(["late", CALLED, IN_A_FILE])


def _files_with(command: Command, word: str) -> list[Path]:
    """The files below the test's folder that hold a word, those left out that are there to hold personal data."""
    return [path for path in _others(command) if word.encode() in path.read_bytes()]


def _others(command: Command) -> Iterator[Path]:
    kept = (command.data / "lake", command.data / "inbox", command.folder / "ids.csv")
    for path in command.folder.rglob("*"):
        is_warehouse = path.name.startswith("warehouse.duckdb")
        if path.is_file() and not is_warehouse and not any(path.is_relative_to(each) for each in kept):
            yield path


def test_a_sync_through_all_kinds_of_faults_keeps_what_came_and_tells_nothing_it_should_not(
    tmp_path: Path, watched: Callable[..., Command]
) -> None:
    faults = {f"id-{number}": fault for number, fault in enumerate([*FAULTS, *OTHERS])}
    script = {task_id: [fault.say] for task_id, fault in faults.items()}
    script |= {f"{task_id}-good": [Say(200, GOOD)] for task_id in faults}
    server = FaultServer(script)
    _write_ids(tmp_path / "ids.csv", sorted(script))
    with server.serving_aside():
        command = watched(server.base_url, timeout_seconds="1", tries="2", max_concurrency="32")
        (command.data / "inbox").mkdir(parents=True)
        (command.data / "inbox" / "phones.txt").write_text(f"{IN_A_BAD_ROW}\n")
        with open(os.fsencode(command.data / "inbox") + b"/\xff.txt", "w") as file:
            file.write(f"from-the-inbox\n{IN_A_BAD_ROW}\n")
        assert command("sync").returncode == 1  # a usable answer first: a 404 before it would not count
        assert command("tasks", "add", tmp_path / "ids.csv").returncode == 1
        assert command("sync").returncode == 1
        tables = read_tables(command.published)
        states = {row["task_id"]: row["state"] for row in tables["tasks"]}
        due = {task_id: STATES[fault.result][0] for task_id, fault in faults.items()}
        assert states == {
            **due,
            **dict.fromkeys([f"{each}-good" for each in faults], "settled"),
            "from-the-inbox": "settled",
        }
        assert not any(
            word in f"{row['reason']} {row['path']}" for row in tables["rejects"] for word in (*PHONES, TOKEN)
        )
        assert not any(word in str(row["last_error"]) for row in tables["tasks"] for word in (*PHONES, TOKEN))

        server.script = {}
        assert command("sync").returncode == 0
        assert command("sync", "--retry-failed").returncode == 0
        assert {row["state"] for row in read_tables(command.published)["tasks"]} == {"settled"}
        command("status")
        command("doctor")
        assert (
            command("query", "SELECT count(*) AS open FROM marts.redial_backlog", "--format", "csv").stdout
            == "open\n2\n"
        )

    for word in (TOKEN, *PHONES):
        assert word not in "".join(command.said)
        assert _files_with(command, word) == []
    everything = [path for path in command.folder.rglob("*") if path.is_file()]
    assert any(path.name == EVENT_FILE for path in _others(command))
    assert [path for path in everything if TOKEN.encode() in path.read_bytes()] == []
    raw = command("query", "SELECT count(*) FROM calls WHERE to_number = '917400011122'", "--format", "csv")
    assert int(raw.stdout.split()[1]) == len(faults)
    host = server.base_url.removeprefix("http://")
    assert set((tmp_path / "contacts").read_text().split()) == {host}


def test_a_wrong_address_marks_no_id_and_says_what_to_check(dialflo: Callable[..., Command]) -> None:
    server = FaultServer(otherwise=Say(404))
    with server.serving_aside():
        command = dialflo(server.base_url)
        command("tasks", "add", "-", stdin=b"a\nb\nc\n")
        failed = command("sync")
        assert failed.returncode == 1
        assert "DIALFLO_BASE_URL" in failed.stderr
        assert "organisation" in failed.stderr
        assert _states(command) == {"pending": 3}
        server.otherwise = Say(200, GOOD)
        assert command("sync").returncode == 0
        assert _states(command) == {"settled": 3}


def test_a_firewall_in_front_of_the_api_marks_no_id_as_failed(dialflo: Callable[..., Command]) -> None:
    ids = [f"id-{number:02}" for number in range(30)]
    server = FaultServer(otherwise=Say(200, GOOD))
    with server.serving_aside():
        command = dialflo(server.base_url, max_concurrency="1")
        command("tasks", "add", "-", stdin=b"first\n")
        assert command("sync").returncode == 0
        command("tasks", "add", "-", stdin="\n".join(ids).encode())
        server.otherwise = Say(302)
        stopped = command("sync")
        assert stopped.returncode == 1
        assert "HTTP 302" in stopped.stderr
        assert "firewall" in stopped.stderr
        assert _states(command) == {"settled": 1, "pending": 30}
        server.otherwise = Say(200, GOOD)
        assert command("sync").returncode == 0
        assert _states(command) == {"settled": 31}


def test_a_changed_mapping_of_statuses_derives_the_states_again(dialflo: Callable[..., Command]) -> None:
    body = b'[{"call_status": "ongoing", "call_insights": {"metadata": {"a": "1"}}}]'
    server = FaultServer(otherwise=Say(200, body))
    with server.serving_aside():
        command = dialflo(server.base_url)
        command("tasks", "add", "-", stdin=b"a\n")
        assert command("sync").returncode == 0
        assert _states(command) == {"settled": 1}
        seeds = command.published.parent / "seeds"
        seeds.mkdir()
        (seeds / "statuses.csv").write_text("status,outcome\nongoing,in_progress\n", encoding="utf-8")
        assert command("rebuild").returncode == 0
        assert _states(command) == {"unsettled": 1}
        (seeds / "statuses.csv").unlink()
        assert command("rebuild").returncode == 0
        assert _states(command) == {"settled": 1}


def test_an_api_that_refuses_goes_down_and_comes_back_costs_no_id(dialflo: Callable[..., Command]) -> None:
    """A token that expires in mid-run, then an outage in mid-run: nothing is marked, and the next run has it all."""
    ids = [f"id-{number:02}" for number in range(60)]
    server = FaultServer(otherwise=Say(200, GOOD))
    with server.serving_aside():
        command = dialflo(server.base_url, tries="2", max_concurrency="1")
        command("tasks", "add", "-", stdin="\n".join(ids).encode())

        server.script = {task_id: [Say(401, QUOTING)] for task_id in ids[10:]}
        assert command("sync").returncode == 3
        assert len(server.asked) == 11
        assert _states(command) == {"settled": 10, "pending": 50}

        server.script = {task_id: [Say(503), Say(hangs_up=True)] for task_id in ids[20:]}
        stopped = command("sync")
        assert stopped.returncode == 1
        assert "20 ids in a row" in stopped.stderr
        assert _states(command) == {"settled": 19, "pending": 41}  # the id that stopped the first run comes last

        server.script = {}
        assert command("sync").returncode == 0
        assert _states(command) == {"settled": 60}
        asked = len(server.asked)
        assert command("sync").returncode == 0
        assert len(server.asked) == asked
    tables = read_tables(command.published)
    assert sorted(row["task_id"] for row in tables["calls"]) == ids
    assert {row["last_error"] for row in tables["tasks"]} == {None}


def _states(command: Command) -> dict[str, int]:
    states = [row["state"] for row in read_tables(command.published)["tasks"]]
    return {state: states.count(state) for state in sorted(set(states), reverse=True)}
