"""Read from the published warehouse who may be redialled, and from which numbers. The rules are in `sql/redial/`."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb

from dialflo_pipeline.marts.project import read_query
from dialflo_pipeline.serve.redial_plan import CALLABLE_IF_ASKED, CALLABLE_STATES, CallerId, Candidate

FOLDER = "redial"


def read_candidates(connection: duckdb.DuckDBPyConnection, min_gap: timedelta) -> list[Candidate]:
    """The contacts that may be called, with at least `min_gap` after their latest call."""
    given = {
        "states": list(CALLABLE_STATES),
        "states_if_asked": list(CALLABLE_IF_ASKED),
        "gap": min_gap // timedelta(microseconds=1),
    }
    return [_candidate(row) for row in connection.execute(read_query(FOLDER, "candidates"), given).fetchall()]


def read_caller_ids(connection: duckdb.DuckDBPyConnection) -> list[CallerId]:
    """The calling numbers and their health."""
    return [CallerId(*row) for row in connection.execute(read_query(FOLDER, "caller_ids")).fetchall()]


def _candidate(row: Sequence[Any]) -> Candidate:
    contact_number, agent_name, attempts, since, due_at, reason, task_id, outcome, from_number, requested_at = row
    return Candidate(
        contact_number=contact_number,
        agent_name=agent_name,
        attempts=attempts,
        since=_moment(since),
        due_at=_moment(due_at),
        reason=reason,
        last_task_id=task_id,
        last_outcome=outcome,
        last_from_number=from_number,
        requested_at=None if requested_at is None else _moment(requested_at),
    )


def _moment(microseconds: int) -> datetime:
    """A time of the warehouse as near as Python's calendar has it."""
    latest = 253_402_214_400_000_000  # the last day of the year 9999
    seconds, rest = divmod(min(max(microseconds, -62_135_510_400_000_000), latest), 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)
