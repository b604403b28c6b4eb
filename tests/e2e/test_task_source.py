"""`dialflo sync` with a database of task ids, as a user runs it."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from tests.support.command import Command
from tests.support.scripted_api import ApiResponse, serving
from tests.support.warehouse_rows import read_tables

QUERY = "SELECT task_id, at AS completed_at, at FROM calls WHERE at >= :cursor ORDER BY at"
GOOD = [ApiResponse(b'[{"agent_name": "a", "call_status": "NO_ANSWER"}]')]
AT = "2026-01-05 10:00:00"


def insert(file: Path, *ids: str) -> None:
    connection = sqlite3.connect(file)
    with connection:
        connection.execute("CREATE TABLE IF NOT EXISTS calls (task_id TEXT, at TIMESTAMP)")
        connection.executemany("INSERT INTO calls VALUES (?, ?)", [(task_id, AT) for task_id in ids])
    connection.close()


def test_ids_of_a_database_are_fetched_and_a_database_that_fails_costs_only_itself(
    tmp_path: Path, dialflo: Callable[..., Command]
) -> None:
    file = tmp_path / "customer-canary.db"
    insert(file, "one", "two")
    with serving(dict.fromkeys(("one", "two", "three", "four"), GOOD)) as api:
        command = dialflo(api.base_url, tasks_dsn=f"sqlite:///{file}", tasks_query=QUERY)
        done = command("sync")
        assert (done.returncode, "registered 2" in done.stdout) == (0, True), done.stderr
        assert "sqlite takes the query" in command("doctor").stdout

        insert(file, "three")
        command.env["DIALFLO_TASKS_QUERY"] = QUERY.replace("FROM calls", "FROM nowhere")
        (command.data / "inbox" / "more.txt").write_text("four\n")
        broken = command("sync")
        assert broken.returncode == 1
        assert "no such table: nowhere" in broken.stderr
        assert "PROBLEM" in command("doctor").stdout

        command.env["DIALFLO_TASKS_QUERY"] = QUERY
        assert command("sync").returncode == 0
    rows = read_tables(command.published)
    assert {row["task_id"]: row["state"] for row in rows["tasks"]} == dict.fromkeys(api.script, "settled")
    assert len(rows["calls"]) == 4
    assert "canary" not in "".join(command.said)
    written = [path for path in command.data.rglob("*") if path.is_file()]
    assert not [path.name for path in written if b"customer-canary" in path.read_bytes()]


def test_settings_of_a_database_that_cannot_be_are_told_without_its_address(dialflo: Callable[..., Command]) -> None:
    done = dialflo("http://127.0.0.1:9", tasks_dsn="postgres://user:canary@host/db", tasks_query="SELECT 1")("sync")
    assert done.returncode == 2
    assert all(name in done.stderr for name in ("DIALFLO_TASKS_DSN", "DIALFLO_TASKS_QUERY"))
    assert "canary" not in done.stderr
