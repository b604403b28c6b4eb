"""Plan the next calls: whom, when, after how many attempts and from which number. It makes no calls.

Each contact is planned once, with one agent. A contact who asked an agent for a time is called by that agent. For the
same time, contacts who asked for a time come first, then those who asked for a redial, then fewer attempts, then the
longest wait. A caller id with a low answer rate is replaced by the one with the best. In CSV, a text that starts with
+, = or the like gets a leading apostrophe; programs should read JSON.
"""

import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import duckdb
import typer

from dialflo_pipeline.cli.command_folder import new_app
from dialflo_pipeline.cli.console import out, say_hint, table
from dialflo_pipeline.core.calling_hours import calling_hours
from dialflo_pipeline.core.errors import NotPublished
from dialflo_pipeline.core.settings import load_settings
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.publish.publish import read_published
from dialflo_pipeline.serve.csv_safety import spreadsheet_safe
from dialflo_pipeline.serve.redial_plan import (
    CALLABLE_IF_ASKED,
    CALLABLE_STATES,
    CallerId,
    Candidate,
    PlannedCall,
    plan,
)

# The latest call-back that a contact asked an agent for and whose time is not over; kept and missed ones do not count.
_REQUESTS = """
    SELECT * FROM (
        SELECT *
        FROM marts.callbacks
        WHERE state <> 'not_understood' AND contact_number IS NOT NULL
        QUALIFY row_number() OVER (
            PARTITION BY contact_number, agent_name ORDER BY called_at DESC, task_id DESC, call_index DESC
        ) = 1
    )
    WHERE state = 'due'
"""
# Calls that nobody has seen the end of, with when they were last seen; an answer may be old, so the gap ends them too.
_UNDER_WAY = """
    SELECT facts.contact_number, max(greatest(epoch_us(facts.called_at), epoch_us(calls.fetched_at))) AS seen_us
    FROM staging.call_facts AS facts
    JOIN main.calls AS calls
        ON calls.call_date = facts.call_date
        AND calls.task_id = facts.task_id
        AND calls.call_index = facts.call_index
    WHERE facts.outcome = 'in_progress' AND calls.ended_at IS NULL AND facts.contact_number IS NOT NULL
    GROUP BY facts.contact_number
"""
# Who waits in the backlog, and who has asked for a call in the latest call with anybody, but for no redial. The gap is
# kept from the latest call of any agent: it is one telephone that rings. Limits of tries and age are for those who did
# not ask: nobody who asked for a time may be called less for having asked for a redial besides.
_CANDIDATES = f"""
    WITH requests AS ({_REQUESTS}),
    under_way AS ({_UNDER_WAY}),
    candidates AS (
        SELECT
            backlog.contact_number, backlog.agent_name, backlog.attempts, epoch_us(backlog.since) AS since_us,
            epoch_us(backlog.due_at) + epoch_us(contacts.last_called_at) - epoch_us(backlog.last_called_at) AS due_us,
            backlog.reason, backlog.last_task_id, backlog.last_outcome, backlog.last_from_number,
            epoch_us(requests.requested_at) AS requested_us
        FROM marts.redial_backlog AS backlog
        JOIN marts.contacts AS contacts ON contacts.contact_number = backlog.contact_number
        LEFT JOIN requests
            ON requests.contact_number = backlog.contact_number
            AND requests.agent_name IS NOT DISTINCT FROM backlog.agent_name
        WHERE
            backlog.state IN (SELECT unnest($states))
            OR (backlog.state IN (SELECT unnest($states_if_asked)) AND requests.requested_at IS NOT NULL)
        UNION ALL
        SELECT
            requests.contact_number, requests.agent_name, 0, epoch_us(requests.called_at),
            epoch_us(requests.called_at) + $gap, 'requested', requests.task_id, contacts.last_outcome,
            CASE WHEN lower(calls.call_direction) IS DISTINCT FROM 'inbound' THEN calls.from_number_e164 END,
            epoch_us(requests.requested_at)
        FROM requests
        JOIN marts.contacts AS contacts
            ON contacts.contact_number = requests.contact_number
            AND contacts.last_task_id = requests.task_id
            AND contacts.last_called_at = requests.called_at
        JOIN main.calls AS calls
            ON calls.call_date = requests.call_date
            AND calls.task_id = requests.task_id
            AND calls.call_index = requests.call_index
        ANTI JOIN staging.contact_stops AS stops ON stops.contact_number = requests.contact_number
        ANTI JOIN marts.redial_backlog AS backlog
            ON backlog.contact_number = requests.contact_number
            AND backlog.agent_name IS NOT DISTINCT FROM requests.agent_name
    )
    SELECT candidates.* REPLACE (greatest(candidates.due_us, under_way.seen_us + $gap) AS due_us)
    FROM candidates
    LEFT JOIN under_way ON under_way.contact_number = candidates.contact_number
"""
_CALLER_IDS = """
    SELECT
        from_number_e164, flag, answer_rate_7d_low,
        call_date > (SELECT max(call_date) FROM marts.caller_id_health) - 28
    FROM marts.caller_id_health
    WHERE from_number_e164 IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY from_number_e164 ORDER BY call_date DESC) = 1
"""
_COLUMNS = [field.name for field in fields(PlannedCall)]


app = new_app()


class PlanFormat(StrEnum):
    """How `redial` prints."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


@app.command(help=__doc__)
def _command(
    limit: Annotated[int, typer.Option(min=1, help="Maximum number of calls.")] = 100,
    format: Annotated[PlanFormat, typer.Option(help="How to print the plan.")] = PlanFormat.TABLE,
) -> None:
    raise typer.Exit(run_redial(limit, format))


def run_redial(limit: int, result_format: str) -> int:
    """Print the next calls to make."""
    settings = load_settings()
    hours = calling_hours(settings.calling_hours, settings.calling_days)
    connection = read_published(DataDir(settings.data_dir).published)
    try:
        candidates, caller_ids = _read(connection, settings.redial_min_gap_minutes)
    except duckdb.CatalogException:
        raise NotPublished("The warehouse was published by an older version; run `dialflo sync` first.") from None
    finally:
        connection.close()
    calls = plan(candidates, caller_ids, hours, settings.zone, datetime.now(UTC), limit)
    _PRINTERS[result_format]([_cells(call) for call in calls])
    if not calls:
        say_hint("No redials are due.")
    return 0


def _read(connection: duckdb.DuckDBPyConnection, min_gap_minutes: float) -> tuple[list[Candidate], list[CallerId]]:
    states = {"states": list(CALLABLE_STATES), "states_if_asked": list(CALLABLE_IF_ASKED)}
    given = {**states, "gap": round(min_gap_minutes * 60_000_000)}
    rows = connection.execute(_CANDIDATES, given).fetchall()
    candidates = [_candidate(row) for row in rows]
    return candidates, [CallerId(*row) for row in connection.execute(_CALLER_IDS).fetchall()]


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
    """A time of the warehouse; times outside Python's calendar are clipped to it."""
    latest = 253_402_214_400_000_000  # the last day of the year 9999
    seconds, rest = divmod(min(max(microseconds, -62_135_510_400_000_000), latest), 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)


def _cells(call: PlannedCall) -> list[Any]:
    values = (getattr(call, name) for name in _COLUMNS)
    return [value.isoformat(timespec="seconds") if isinstance(value, datetime) else value for value in values]


def _print_csv(rows: Sequence[Sequence[Any]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows([spreadsheet_safe(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)


def _print_json(rows: Sequence[Sequence[Any]]) -> None:
    records = [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
    out.file.write(json.dumps(records, ensure_ascii=False, indent=2) + "\n")


def _print_table(rows: Sequence[Sequence[Any]]) -> None:
    table(_COLUMNS, rows)


_PRINTERS = {"table": _print_table, "csv": _print_csv, "json": _print_json}
