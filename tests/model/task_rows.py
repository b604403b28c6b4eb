"""Drawn task-id files: in every format, with rows that are new, known, doubled or bad."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from tests.support.oracle.warehouse import TaskRow

BAD_IDS: Final = ("two words", "a/b", "x" * 129, "päöß", "../..", "%2e")
COLUMNS: Final = ("task_id", "completed_at", "call_date", "campaign")


@dataclass(frozen=True)
class Batch:
    """A file: its usable rows in order, and how many it has that must be refused."""

    name: str
    content: bytes
    rows: Sequence[TaskRow]
    bad: int


def batch(dice: Random, number: int, known: Sequence[str]) -> Batch:
    """A file of up to a dozen rows; some of known ids."""
    suffix = dice.choice(["csv", "tsv", "jsonl", "parquet", "txt"])
    fresh = [f"t{number:03}-{place}" for place in range(dice.randrange(1, 10))]
    again = dice.sample(known, min(len(known), dice.randrange(3))) + dice.sample(fresh, dice.randrange(2))
    rows = [_row(dice, task_id, bare=suffix == "txt") for task_id in [*fresh, *again]]
    dice.shuffle(rows)
    cells = [_cells(row) for row in rows]
    bad = [dict.fromkeys(COLUMNS) | {"task_id": task_id} for task_id in dice.sample(BAD_IDS, dice.randrange(3))]
    for row in bad:
        cells.insert(dice.randrange(len(cells) + 1), row)
    return Batch(f"{number:03}-ids.{suffix}", WRITERS[suffix](cells), rows, len(bad))


def _row(dice: Random, task_id: str, *, bare: bool) -> TaskRow:
    if bare:
        return TaskRow(task_id)
    attributes = {"campaign": dice.choice(["", "spring", "été", 'a "quoted", one'])}
    now = datetime.now(UTC)
    if dice.random() < 0.4:
        day = (now - timedelta(days=dice.randrange(4))).date()
        return TaskRow(task_id, call_date=dice.choice([day.isoformat(), None]), attributes=attributes)
    # Long past their deadline, or not to reach it while the tests run.
    ago = timedelta(days=dice.randrange(3, 6)) if dice.random() < 0.6 else timedelta(minutes=dice.randrange(600))
    return TaskRow(task_id, (now - ago).isoformat(), attributes=attributes)


def _cells(row: TaskRow) -> dict[str, Any]:
    return {"task_id": row.task_id, "completed_at": row.completed_at, "call_date": row.call_date} | row.attributes


def _delimited(rows: list[dict[str, Any]], delimiter: str) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _json_lines(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def _parquet(rows: list[dict[str, Any]]) -> bytes:
    buffer = io.BytesIO()
    columns = {name: pa.array([row.get(name) for row in rows], pa.string()) for name in COLUMNS}
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


WRITERS: Final[dict[str, Callable[[list[dict[str, Any]]], bytes]]] = {
    "csv": lambda rows: _delimited(rows, ","),
    "tsv": lambda rows: _delimited(rows, "\t"),
    "jsonl": _json_lines,
    "parquet": _parquet,
    "txt": lambda rows: "".join(f"{row['task_id']}\n" for row in rows).encode(),
}
