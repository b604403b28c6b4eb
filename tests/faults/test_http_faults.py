"""Every fault that one answer may have, over real HTTP and both transports: from waiting ids to raw answers.

Each fault is met by an id that always gets it; where it is tried again, by one more that gets a good answer after it.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dialflo_pipeline.api import rate_limiter as throttle
from tests.support.cases.http_faults import BROKEN, LARGE_ONES, SLOW, STATES, STATUSES, WHOLE, Fault
from tests.support.fault_server import USABLE, FaultServer, Say
from tests.support.fetching import WAYS, fetch_from, using

Row = dict[str, Any]
TABLES: dict[str, tuple[Sequence[Fault], dict[str, Any]]] = {
    "statuses": (STATUSES, {}),
    "whole": (WHOLE, {}),
    "large": (LARGE_ONES, {}),
    "broken": (BROKEN, {}),
    "slow": (SLOW, {"timeout_seconds": 1.0, "max_concurrency": 32}),
}
ROWS = [
    pytest.param(way, table, number, id=f"{way}-{fault.name}")
    for way in WAYS
    for table, (faults, _) in TABLES.items()
    for number, fault in enumerate(faults)
]


@dataclass(frozen=True)
class Seen:
    """What came of the ids of a table: their rows, and their states if asked before and after their deadline."""

    rows: dict[str, list[Row]]
    early: dict[str, Row]
    late: dict[str, Row]


def _script(faults: Sequence[Fault]) -> dict[str, Sequence[Say]]:
    """Good ids stand between the others: no twenty in a row may end in trouble."""
    script: dict[str, Sequence[Say]] = {}
    for number, fault in enumerate(faults):
        script |= {f"{number}-stays": [fault.say], f"{number}-good": [Say()]}
        script |= {f"{number}-passes": [fault.say, Say()]} if fault.is_tried_again else {}
    return script


def _fetch(faults: Sequence[Fault], options: dict[str, Any], way: str, folder: Path) -> Seen:
    script = _script(faults)
    with using(way), pytest.MonkeyPatch.context() as patch:
        patch.setattr(throttle, "MAX_PAUSE_SECONDS", 0.05)
        fetched = fetch_from(FaultServer(script), folder, list(script), **options)
    assert fetched.failure is None
    assert fetched.report is not None
    assert fetched.report.stopped is None
    rows: dict[str, list[Row]] = {task_id: [] for task_id in script}
    for row in fetched.rows:
        rows[row["task_id"]].append(row)
    return Seen(rows, fetched.states(), fetched.states(settle_hours=0))


@pytest.fixture(scope="session")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Seen]:
    """What came of a table, fetched once for each way."""
    done: dict[tuple[str, str], Seen] = {}

    def of(way: str, table: str) -> Seen:
        if (way, table) not in done:
            done[way, table] = _fetch(*TABLES[table], way, tmp_path_factory.mktemp("faults"))
        return done[way, table]

    return of


@pytest.mark.parametrize(("way", "table", "number"), ROWS)
def test_an_answer_becomes_what_its_line_says(
    seen: Callable[[str, str], Seen], way: str, table: str, number: int
) -> None:
    found, fault = seen(way, table), TABLES[table][0][number]
    stays = found.rows[f"{number}-stays"]
    assert [(row["result"], row["status"]) for row in stays] == [
        (fault.result, fault.status) for _ in range(2 if fault.is_tried_again else 1)
    ]
    for row in stays:
        assert row["error"] == fault.error or (fault.error is not None and fault.error in row["error"])
        _check_body(row, fault)
    task_id = f"{number}-stays"
    assert (found.early[task_id]["state"], found.late[task_id]["state"]) == STATES[fault.result]
    assert found.early[task_id]["last_status"] == fault.status
    assert found.rows[f"{number}-good"][-1]["result"] == "usable"


def _check_body(row: Row, fault: Fault) -> None:
    if fault.status is None:
        assert (row["body"], row["body_bytes"], row["body_sha256"]) == (None, None, None)
        return
    assert row["body"] == fault.seen, "another body"
    if fault.seen is not None:
        assert (row["body_bytes"], row["body_sha256"]) == (len(fault.seen), hashlib.sha256(fault.seen).hexdigest())
    else:
        assert row["body_bytes"] == fault.size
        assert row["body_sha256"] == hashlib.sha256(bytes(fault.size or 0)).hexdigest()


@pytest.mark.parametrize(
    ("way", "table", "number"),
    [row for row in ROWS if TABLES[str(row.values[1])][0][int(str(row.values[2]))].is_tried_again],
)
def test_what_is_tried_again_may_pass(seen: Callable[[str, str], Seen], way: str, table: str, number: int) -> None:
    found, task_id = seen(way, table), f"{number}-passes"
    assert [row["result"] for row in found.rows[task_id]] == [TABLES[table][0][number].result, "usable"]
    assert found.rows[task_id][-1]["body"] == USABLE
    assert found.early[task_id]["state"] == "settled"
