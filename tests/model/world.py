"""The model: in plain dictionaries, what was registered and answered, and so what every table must hold.

After each command `World` takes from the files what only they can tell (the moment of a request, how far a killed run
came), holds it against what the server gave, and compares every row with the oracle's.
"""

import os
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from tests.model.answers import TRIES, ZONE, Answer, always, said
from tests.model.commands import Commands, Ended
from tests.model.found import DERIVED, Row, Tables, check_lake, check_published, lake_rows, published, same
from tests.model.task_rows import Batch
from tests.support.fault_server import FaultServer
from tests.support.leaves import lost
from tests.support.oracle.warehouse import Exchange, Expected, Rules, TaskRow, expected_warehouse
from tests.support.warehouse_rows import differences

MOST_IN_A_ROW: Final = 20
"""So many ids in a row that end in trouble stop a run."""

NOT_COMPARED: Final = frozenset({"attempts", "fetched_after"})
"""Compared apart: requests of a run that was stopped count, though they are of no asking."""


@dataclass
class World:
    """One data directory, and what must be in it."""

    data: Path
    commands: Commands
    token: str
    tasks: dict[str, TaskRow] = field(default_factory=dict)
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    inbox: dict[str, Batch] = field(default_factory=dict)
    raw: dict[tuple[str, int], Row] = field(default_factory=dict)
    settle_hours: float = 24
    gap_minutes: float = 30
    to_all: int | None = None
    seen: Tables | None = None
    """What readers had when they could last see it."""
    is_damaged: bool = False
    is_published_damaged: bool = False
    damaged_raw: set[Path] = field(default_factory=set)
    doubtful: dict[tuple[str, int], Row] = field(default_factory=dict)
    """Rows of raw files that were damaged since: some of them may yet be saved."""

    def add(self, batch: Batch, **kill: Any) -> None:
        """`tasks add` of a file."""
        file = self.data.parent / batch.name
        file.write_bytes(batch.content)
        before = set(self.tasks)
        ended = self._command("tasks", "add", str(file), **kill)
        self._registered([batch], ended)
        if not ended.was_killed:
            new = len(self.tasks.keys() - before)
            counts = f"registered {new}, already known {len(batch.rows) - new}, refused {batch.bad}"
            assert ended.out.strip() == counts
            assert ended.code == bool(batch.bad)

    def drop(self, batch: Batch) -> None:
        """Put a file in the inbox."""
        self.inbox[batch.name] = batch
        folder = self.data / "inbox"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / batch.name).write_bytes(batch.content)

    def sync(self, *, retry_failed: bool = False, day: date | None = None, **kill: Any) -> Ended:
        """`sync`, of all days or of one."""
        options = ["--retry-failed"] if retry_failed else []
        if day:
            options += ["--from", day.isoformat(), "--to", day.isoformat()]
        script = {} if self.to_all else {task_id: [each.say for each in some] for task_id, some in self.answers.items()}
        server = FaultServer(script, always(self.to_all or 404).say)
        began, taken, lost_raw = datetime.now(UTC), list(self.inbox.values()), bool(self.damaged_raw)
        with server.serving_aside():
            ended = self._command("sync", *options, DIALFLO_BASE_URL=server.base_url, **kill)
        self._registered(taken, ended)
        self._saved(ended)
        before = {row["task_id"]: row for row in self.expected().tasks}
        due, perhaps = (
            {task_id for task_id, task in before.items() if self._is_due(task, day, now, retry_failed=retry_failed)}
            for now in (began, datetime.now(UTC))
        )
        new = self._asked(due, perhaps, before, began, ended)
        due |= new.keys()
        if not ended.was_killed:
            assert Counter(server.asked) == Counter({task_id: len(rows) for task_id, rows in new.items()})
        codes = {self._code(new, due, taken), *([1] if lost_raw else [])}
        self._ended(ended, codes)
        return ended

    def rebuild(self, **kill: Any) -> Ended:
        """`rebuild`, without anybody to ask."""
        ended = self._command("rebuild", DIALFLO_BASE_URL="http://127.0.0.1:9", **kill)
        codes = {0, 1} if self.damaged_raw else {0}
        self._saved(ended)
        assert self._new_raw() == []
        if not ended.was_killed:
            assert ended.code in codes, ended.err
            self.is_damaged = False
        self._ended(ended, codes)
        return ended

    def forget(self, path: Path) -> None:
        """A file of raw answers is about to be damaged: what only it holds is lost, and has to be asked for again."""
        if path not in self.damaged_raw:
            with pq.ParquetFile(path) as file:
                keys = file.read(columns=["asking_id", "attempt"]).to_pylist()
            for key in [(row["asking_id"], row["attempt"]) for row in keys]:
                self.doubtful[key] = self.raw.pop(key)
            self.damaged_raw.add(path)

    def _saved(self, ended: Ended) -> None:
        """Take up again what a run saved of damaged raw files, each of which it has moved away."""
        self.damaged_raw = {path for path in self.damaged_raw if path.exists()}
        assert ended.was_killed or not self.damaged_raw
        for row in lake_rows(self.data, "raw_answers", self.damaged_raw):
            key = row["asking_id"], row["attempt"]
            if self.doubtful.get(key) == row:
                self.raw[key] = self.doubtful.pop(key)

    def expected(self) -> Expected:
        """Every row that the warehouse must hold."""
        askings = {
            task_id: [[_exchange(row) for row in rows] for rows in some] for task_id, some in self._askings().items()
        }
        registered = {row["task_id"]: row["registered_at"] for row in lake_rows(self.data, "task_ids")}
        rules = Rules(ZONE, settle_hours=self.settle_hours, redial_min_gap_minutes=self.gap_minutes)
        return expected_warehouse(list(self.tasks.values()), askings, registered, rules)

    def check(self) -> None:
        """What holds at any time."""
        check_lake(self.data)
        assert {row["task_id"] for row in lake_rows(self.data, "task_ids")} == self.tasks.keys()
        assert self._new_raw() == []

    def _command(self, *arguments: str, DIALFLO_BASE_URL: str = "", **kill: Any) -> Ended:  # noqa: N803 - as it is set
        env = {name: value for name, value in os.environ.items() if not name.startswith(("DIALFLO_", "DAGSTER_"))}
        env |= {
            "DIALFLO_DATA_DIR": str(self.data),
            "DIALFLO_API_TOKEN": self.token,
            "DIALFLO_RATE_LIMIT": "0",
            "DIALFLO_TRIES": str(TRIES),
            "DIALFLO_MAX_CONCURRENCY": "4",
            "DIALFLO_TIMEOUT_SECONDS": "20",
            "DIALFLO_TIMEZONE": ZONE,
            "DIALFLO_SETTLE_HOURS": str(self.settle_hours),
            "DIALFLO_REDIAL_MIN_GAP_MINUTES": str(self.gap_minutes),
            "DIALFLO_BASE_URL": DIALFLO_BASE_URL,
        }
        return self.commands(*arguments, env=env, **kill)

    def _registered(self, files: Sequence[Batch], ended: Ended) -> None:
        """Take up what the files gave: of a run that was killed so much as is in the lake, else all."""
        due: dict[str, TaskRow] = {}
        for file in sorted(files, key=lambda file: file.name):
            for row in file.rows:
                due.setdefault(row.task_id, row)
        found = {row["task_id"] for row in lake_rows(self.data, "task_ids")}
        new = due.keys() - self.tasks.keys()
        assert found - self.tasks.keys() <= new
        assert ended.was_killed or new <= found
        self.tasks |= {task_id: due[task_id] for task_id in new & found}
        for name in [name for name in self.inbox if not (self.data / "inbox" / name).exists()]:
            folder = "done" if self.inbox.pop(name).rows else "refused"
            assert (self.data / "inbox" / folder / name).is_file()
        assert ended.was_killed or not files or not any(file.name in self.inbox for file in files)

    def _is_due(self, task: Row, day: date | None, now: datetime, *, retry_failed: bool) -> bool:
        if day and task["call_date"] != day:
            return False
        askings = self._askings().get(task["task_id"], [])
        if task["state"] in ("unsettled", "not_found") and self._is_held(askings, task["deadline"], now):
            return False
        is_early = not askings or askings[-1][-1]["requested_at"] < task["deadline"]
        states = {"pending", "unsettled", *(["not_found"] if is_early else []), *(["failed"] if retry_failed else [])}
        return task["state"] in states

    @staticmethod
    def _is_held(askings: list[list[Row]], deadline: datetime, now: datetime) -> bool:
        """Whether half of the time from the first asking to the latest has not passed yet since the latest."""
        first, last = askings[0][-1]["requested_at"], askings[-1][-1]["requested_at"]
        gap = (last - first) / 2
        return bool(last < deadline and gap >= timedelta(minutes=1) and now < min(last + gap, deadline))

    def _new_raw(self) -> list[Row]:
        """The raw rows that are not known yet; all known ones are there, once and as they were."""
        rows = list(lake_rows(self.data, "raw_answers", self.damaged_raw))
        by_key = {(row["asking_id"], row["attempt"]): row for row in rows}
        assert len(by_key) == len(rows), "a raw row is there twice"
        assert {key: by_key.get(key) for key in self.raw} == self.raw
        return [row for key, row in by_key.items() if key not in self.raw]

    def _asked(
        self, due: set[str], perhaps: set[str], before: Mapping[str, Row], began: datetime, ended: Ended
    ) -> dict[str, list[Row]]:
        """Take up what was asked for: each due id once, and its tries as the server's answers have them.

        `perhaps` has also those that became due while the run was going on.
        """
        new: dict[str, list[Row]] = defaultdict(list)
        for row in sorted(self._new_raw(), key=lambda row: (row["asking_id"], row["attempt"])):
            new[row["task_id"]].append(row)
            self.raw[row["asking_id"], row["attempt"]] = row
            assert began <= row["requested_at"] <= row["received_at"] <= datetime.now(UTC)
            assert row["call_date"] == before[row["task_id"]]["call_date"]
        assert new.keys() <= perhaps
        is_stopped = self._is_stopped(due | new.keys())
        if not ended.was_killed and not is_stopped:
            assert due <= new.keys()
        for task_id, rows in new.items():
            self._check_tries(rows, said([always(self.to_all)] if self.to_all else self.answers[task_id]), is_stopped)
        return new

    def _is_stopped(self, due: set[str]) -> bool:
        return bool(due) and (self.to_all == 401 or (self.to_all == 503 and len(due) >= MOST_IN_A_ROW))

    def _check_tries(self, rows: list[Row], told: list[Answer], is_stopped: bool) -> None:
        assert len({row["asking_id"] for row in rows}) == 1
        assert [row["attempt"] for row in rows] == list(range(1, len(rows) + 1))
        assert [row["is_last"] for row in rows] == [False] * (len(rows) - 1) + [True]
        assert {row["stopped_run"] for row in rows} == {is_stopped}
        if is_stopped:  # cut short where it stood
            assert len(rows) <= len(told)
            rows = [row for row in rows if row["status"] is not None]
            told = told[: len(rows)]
        kept = [(row["result"], row["status"], row["body"]) for row in rows]
        assert kept == [(each.result, each.status, each.body) for each in told], told
        for row in rows:
            if row["body"] is not None:
                assert row["body_sha256"] == sha256(row["body"]).hexdigest()
                assert row["body_bytes"] == len(row["body"])

    def _askings(self) -> dict[str, list[list[Row]]]:
        """The askings that count for states, in their order."""
        found: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
        for (asking_id, _), row in sorted(self.raw.items()):
            if not row["stopped_run"]:
                found[row["task_id"]][asking_id].append(row)
        return {task_id: list(askings.values()) for task_id, askings in found.items()}

    def _code(self, new: Mapping[str, list[Row]], due: set[str], files: Sequence[Batch]) -> int:
        """How a run has to end."""
        if due and self.to_all == 401:
            return 3
        states = {row["task_id"]: row["state"] for row in self.expected().tasks}
        errors = {task_id for task_id, rows in new.items() if rows[-1]["result"] != "usable"}
        open_ones = {task_id for task_id in errors if states[task_id] in ("failed", "pending")}
        has_bad_rows = any(file.bad or not file.rows for file in files)
        return int(bool(open_ones) or has_bad_rows or self._is_stopped(due))

    def _ended(self, ended: Ended, codes: set[int]) -> None:
        """Compare what readers see with what they must see."""
        expected = self.expected()
        if ended.was_killed:
            self._check_kept(expected)
            return
        assert ended.code in codes, ended
        found = published(self.data)
        self.is_published_damaged = False
        if not self.tasks:
            return
        assert found is not None
        assert self._wrong(found, expected) == []
        self.seen = found
        if not self.is_damaged:
            check_published(self.data, set(self.tasks), found)
            self._check_leaves(found)

    def _check_kept(self, expected: Expected) -> None:
        """Readers have what they had, or all that is new."""
        if self.is_published_damaged:
            return
        found = published(self.data)
        if not same(found, self.seen):
            assert found is not None
            assert self._wrong(found, expected) == []
            self.seen = found

    def _wrong(self, found: Tables, expected: Expected) -> list[str]:
        attempts = Counter(row["task_id"] for row in self.raw.values())
        told = {row["task_id"]: row["attempts"] for row in found["tasks"]}
        wrong = differences(found, expected, datetime.now(UTC), NOT_COMPARED)
        return wrong + [f"attempts of {name}: {told[name]}" for name in told if told[name] != attempts[name]]

    def _check_leaves(self, found: Tables) -> None:
        """Every leaf of the answer that each task's rows come from is somewhere in them."""
        by_task: dict[str, dict[str, list[Row]]] = defaultdict(lambda: {name: [] for name in DERIVED})
        for name in DERIVED:
            for row in found[name]:
                by_task[row["task_id"]][name].append(row)
        for task_id, askings in self._askings().items():
            usable = [rows[-1]["body"] for rows in askings if rows[-1]["result"] == "usable"]
            assert not usable or lost(usable[-1], by_task[task_id]) == [], task_id


def _exchange(row: Row) -> Exchange:
    return Exchange(row["requested_at"], row["status"], row["body"] or b"")
