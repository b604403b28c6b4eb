"""Documents of every make: all readers agree on what is JSON, both flatteners on every row, and no leaf is lost."""

import sys
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from dialflo_pipeline.core import strict_json
from dialflo_pipeline.core.classify import classify
from dialflo_pipeline.flatten import Flattened, flatten
from tests.fuzz.conftest import Fuzz
from tests.fuzz.documents import document
from tests.support.batches import make_batch, read_by_reference
from tests.support.leaves import lost
from tests.support.oracle import flatten as oracle
from tests.support.oracle.strict_json import NotJson, frozen, parse
from tests.support.warehouse_rows import differing_rejects, differing_rows

AT_ONCE: Final = 500
"""The vectorised reader has its cost for each batch, whatever its size."""

SAMPLED: Final = 25
"""Of a batch, this many are read by the oracle as well, which is slow."""

ZONES: Final = ("UTC", "Asia/Kolkata", "Europe/Berlin", "America/New_York")
REGIONS: Final = (None, "IN", "US", "GB")
TABLES: Final = ("calls", "call_metadata", "call_context", "rejects")
JSON_COLUMNS: Final = {"extra", "value"}


@pytest.fixture(autouse=True)
def _deep_stack() -> Iterator[None]:
    """The oracle walks documents of many levels by recursion."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    yield
    sys.setrecursionlimit(before)


def test_a_sample_of_documents_is_read_alike_by_all(fuzz: Fuzz) -> None:
    fuzz.for_seconds(5, check_documents)


@pytest.mark.exhaustive
@pytest.mark.parametrize("part", range(20))
def test_many_documents_are_read_alike_by_all(fuzz: Fuzz, part: int) -> None:
    fuzz.so_often(400_000 // AT_ONCE // 20, check_documents, part)


def test_readers_that_differ_would_be_noticed() -> None:
    def careless(answers: pl.DataFrame, zone: str, region: str | None) -> Flattened:
        found = read_by_reference(answers, zone, region)
        return Flattened(
            found.calls.with_columns(agent_name=None), found.call_metadata, found.call_context, found.rejects
        )

    bodies = [b'{"agent_name": "A"}', b'{"call_status": "BUSY"}']
    assert _differing(bodies, "UTC", None, read_by_reference) == []
    assert _differing(bodies, "UTC", None, careless) == [bodies[0]]


def check_documents(dice: Random) -> int:
    """Check one batch; how many documents it had."""
    bodies = [document(dice) for _ in range(AT_ONCE)]
    readable = [body for body in bodies if _is_json(body)]
    zone, region = dice.choice(ZONES), dice.choice(REGIONS)
    assert _differing(readable, zone, region, read_by_reference) == []
    _check_by_oracle(dice.sample(readable, min(len(readable), SAMPLED)), zone, region)
    return len(bodies)


def _is_json(body: bytes) -> bool:
    """Whether it is, in which all agree, as they do in whether it has a call."""
    try:
        expected = "usable" if oracle.is_usable(parse(body)) else "empty"
    except NotJson:
        expected = "garbage"
    verdict = classify(200, body)
    assert verdict.result == expected, body
    assert strict_json.is_json(body) is (expected != "garbage"), body
    if expected == "usable":
        assert verdict.is_complete is oracle.is_complete(parse(body)), body
    return expected != "garbage"


def _differing(
    bodies: Sequence[bytes], zone: str, region: str | None, other: Callable[[pl.DataFrame, str, str | None], Flattened]
) -> list[bytes]:
    """Those that both readers do not read alike."""
    if not bodies:
        return []
    mine, theirs = flatten(make_batch(bodies), zone, region=region), other(make_batch(bodies), zone, region)
    if _is_same(mine, theirs):
        return []
    if len(bodies) == 1:
        return list(bodies)
    half = len(bodies) // 2
    found = [part for some in (bodies[:half], bodies[half:]) for part in _differing(some, zone, region, other)]
    assert found, "a batch is read otherwise than its parts"
    return found


def _is_same(one: Flattened, another: Flattened) -> bool:
    for table in TABLES:
        mine, theirs = getattr(one, table), getattr(another, table)
        json = [name for name in mine.columns if name in JSON_COLUMNS]
        if not mine.drop(json).equals(theirs.drop(json)):
            return False
        kinds = mine["value_type"] if "value_type" in mine.columns else ["object"] * mine.height
        for name in json:
            if not all(map(_is_same_text, mine[name], theirs[name], kinds)):
                return False
    return True


def _is_same_text(one: str | None, another: str | None, kind: str) -> bool:
    """Each reader may spell a number as it likes, but within text nothing may differ."""
    if one == another:
        return True
    if one is None or another is None or kind in ("string", "null"):
        return False
    return bool(frozen(parse(one)) == frozen(parse(another)))


def _check_by_oracle(bodies: Sequence[bytes], zone: str, region: str | None) -> None:
    """Every row is as the oracle has it, and no leaf is lost."""
    found = flatten(make_batch(bodies), zone, region=region)
    rows = {table: getattr(found, table).to_dicts() for table in TABLES}
    due = oracle.Flat()
    for place, body in enumerate(bodies):
        task_id = f"t{place:06}"
        task = {"task_id": task_id, "call_date": make_batch([body])["call_date"][0], "completed_at": None}
        flat = oracle.flatten(body, task, ZoneInfo(zone), region)
        for table in TABLES:
            getattr(due, table).extend(getattr(flat, table))
        mine: dict[str, list[dict[str, Any]]] = {
            table: [row for row in some if row["task_id"] == task_id] for table, some in rows.items()
        }
        assert lost(body, mine) == [], body
    wrong = [problem for table in TABLES[:3] for problem in differing_rows(table, rows[table], getattr(due, table))]
    assert wrong + differing_rejects(rows["rejects"], due.rejects) == []
