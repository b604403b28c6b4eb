"""A seeded campaign: task files in all five formats, and the script of the server that knows their ids."""

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq

from tests.support.oracle.warehouse import TaskRow
from tests.support.scripted_api import ApiResponse
from tests.support.varied_calls import EDGE_HOURS, Calls, answer, troubled

FORMATS = ("csv", "tsv", "jsonl", "parquet", "txt")


@dataclass
class Campaign:
    """What is registered, in the order of its files, and what the server answers."""

    rows: list[TaskRow]
    files: list[Path]
    script: dict[str, list[ApiResponse]]
    bad_rows: int


def campaign(
    seed: int, zone: str, folder: Path, tasks: int = 120, *, is_troubled: bool = True, around: datetime | None = None
) -> Campaign:
    """Write the files of a campaign whose tasks were completed last week, or just now (these are still unsettled).

    With `around`, all were completed within two days of that moment, and no row goes without a time.
    """
    dice = Random(seed)  # noqa: S311 - the same campaign again for the same seed
    script: dict[str, list[ApiResponse]] = {}
    rows: list[TaskRow] = []
    for _ in range(tasks):
        task_id = str(UUID(int=dice.getrandbits(128), version=4))
        day = around or datetime.now(UTC) - timedelta(days=dice.randrange(5, 9))
        calls = Calls(dice, zone, day)
        rows.append(_old_row(dice, calls, task_id) if around else _row(dice, calls, task_id))
        good = answer(calls)
        script[task_id] = troubled(dice, good) if is_troubled and dice.random() < 0.2 else [good]
    files, order = _write_files(rows, folder, with_plain_ids=around is None)
    return Campaign(order, files, script, bad_rows=4)


def _row(dice: Random, calls: Calls, task_id: str) -> TaskRow:
    completed = datetime.now(UTC) if dice.random() < 0.15 else calls.day
    if dice.random() < 0.7:
        when = {"completed_at": calls.form(completed - timedelta(minutes=dice.randrange(60)))}
    else:
        when = {"call_date": completed.date().isoformat()} if dice.random() < 0.8 else {}
    return TaskRow(task_id, **when, attributes=_attributes(dice))


def _old_row(dice: Random, calls: Calls, task_id: str) -> TaskRow:
    """Completed at any hour, often where the zone's own clock jumps."""
    edges = [edge for edge in EDGE_HOURS[calls.zone] if abs((_moment(edge) - calls.day).days) < 2]
    moment = calls.form(calls.day + timedelta(hours=dice.uniform(-40, 40)))
    return TaskRow(task_id, dice.choice([moment, dice.choice(edges)]), attributes=_attributes(dice))


def _moment(edge: str) -> datetime:
    return datetime.fromisoformat(edge[:16]).replace(tzinfo=UTC)


def _attributes(dice: Random) -> dict[str, Any]:
    return {"campaign": dice.choice(["spring", "été", 'with "quotes", and comma'])}


def _write_files(rows: list[TaskRow], folder: Path, *, with_plain_ids: bool) -> tuple[list[Path], list[TaskRow]]:
    """Five files; each repeats a row of its own and one of the file before, with another day."""
    writers: dict[str, Callable[[Path, list[dict[str, Any]]], None]] = {
        "csv": _write_csv,
        "tsv": _write_tsv,
        "jsonl": _write_jsonl,
        "parquet": _write_parquet,
        "txt": _write_txt,
    }
    files, order, share = [], [], -(-len(rows) // len(FORMATS))
    for place, suffix in enumerate(FORMATS):
        own = rows[place * share : (place + 1) * share]
        if suffix == "txt":
            own = [TaskRow(row.task_id) for row in own] if with_plain_ids else []
        again = [TaskRow(row.task_id, "2020-01-01T00:00Z", None, {"campaign": "again"}) for row in (*own[:1], rows[0])]
        path = folder / f"tasks.{suffix}"
        listed = [*own, *again]
        writers[suffix](path, [_cells(row) for row in listed])
        files.append(path)
        order += listed
    return files, order


def _cells(row: TaskRow) -> dict[str, Any]:
    return {"task_id": row.task_id, "completed_at": row.completed_at, "call_date": row.call_date} | row.attributes


def _write_csv(path: Path, rows: list[dict[str, Any]]) -> None:
    """The id column is not the first; one row's time is no time."""
    bad = {"task_id": "bad-time", "completed_at": "31/12/2024", "call_date": None, "campaign": "x"}
    _write_delimited(path, [*rows[:2], bad, *rows[2:]], ",", "utf-8-sig")


def _write_tsv(path: Path, rows: list[dict[str, Any]]) -> None:
    """One row has no id."""
    bad = {"task_id": " ", "completed_at": None, "call_date": "2024-03-05", "campaign": "x"}
    _write_delimited(path, [*rows, bad], "\t", "utf-8")


def _write_delimited(path: Path, rows: list[dict[str, Any]], delimiter: str, encoding: str) -> None:
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.DictWriter(stream, ["campaign", "task_id", "call_date", "completed_at"], delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)


def _write_jsonl(path: Path, rows: list[dict[str, Any]]) -> None:
    """Ids under `task_uuid`; one line is no JSON."""
    lines = [
        json.dumps({"task_uuid" if key == "task_id" else key: value for key, value in row.items()}) for row in rows
    ]
    path.write_text("\n".join([*lines[:1], '{"task_uuid": "half', *lines[1:]]) + "\n", encoding="utf-8")


def _write_parquet(path: Path, rows: list[dict[str, Any]]) -> None:
    pq.write_table(pa.Table.from_pylist(rows), path)


def _write_txt(path: Path, rows: list[dict[str, Any]]) -> None:
    """One line is no id."""
    path.write_text("\n".join([*(row["task_id"] for row in rows), "two words", ""]), encoding="utf-8")
