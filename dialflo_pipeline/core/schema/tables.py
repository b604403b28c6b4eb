"""Every table, declared once: columns, types, keys, units, personal-data class and description.

Frame checks (dataframely), Parquet types, DuckDB tables and comments, Dagster column schemas and the documentation
derive from here. Nothing in this module reads or writes data.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

import dataframely as dy
import polars as pl


class Privacy(StrEnum):
    """How close a column's values come to a person."""

    NONE = "none"
    PSEUDONYM = "pseudonym"
    PERSONAL = "personal"


class Outcome(StrEnum):
    """What became of a call, in the contact centre's words."""

    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    FAILED = "failed"
    CANCELLED = "cancelled"
    IN_PROGRESS = "in_progress"
    UNKNOWN = "unknown"


class State(StrEnum):
    """Where a registered task stands; each is in exactly one."""

    SETTLED = "settled"
    UNSETTLED = "unsettled"
    NOT_FOUND = "not_found"
    FAILED = "failed"
    PENDING = "pending"


class Result(StrEnum):
    """What one try, and by its last try one asking, ended in."""

    USABLE = "usable"
    EMPTY = "empty"
    GARBAGE = "garbage"
    NOT_FOUND = "not_found"
    REFUSED = "refused"
    UNAUTHORIZED = "unauthorized"
    TROUBLE = "trouble"


VALUE_TYPES = ("string", "number", "boolean", "null", "object", "array")
SOURCES = ("api", "webhook")
TASK_ID_PATTERN = r"^[A-Za-z0-9_-]{1,128}$"


def _about(privacy: Privacy, unit: str | None, sql_type: str | None) -> dict[str, Any]:
    return {"privacy": privacy, "unit": unit, "sql_type": sql_type}


def _text(
    description: str,
    *,
    key: bool = False,
    required: bool = False,
    privacy: Privacy = Privacy.NONE,
    sql_type: str = "VARCHAR",
    **rules: Any,
) -> dy.String:
    nullable = not (key or required)
    about = _about(privacy, None, sql_type)
    return dy.String(nullable=nullable, primary_key=key, description=description, metadata=about, **rules)


def _word(description: str, words: type[StrEnum] | tuple[str, ...]) -> dy.String:
    allowed = [str(word) for word in words]
    column = _text(description, required=True, check=lambda column: column.is_in(allowed))
    column.metadata = {**(column.metadata or {}), "words": allowed}
    return column


def _number(description: str, *, unit: str | None = None, **rules: Any) -> dy.Float64:
    about = _about(Privacy.NONE, unit, "DOUBLE")
    return dy.Float64(nullable=True, description=description, metadata=about, **rules)


def _integer(
    description: str, *, key: bool = False, nullable: bool = False, unit: str | None = None, **rules: Any
) -> dy.Int32:
    about = _about(Privacy.NONE, unit, "INTEGER")
    return dy.Int32(nullable=nullable, primary_key=key, description=description, metadata=about, **rules)


def _flag(description: str, *, nullable: bool = False) -> dy.Bool:
    return dy.Bool(nullable=nullable, description=description, metadata=_about(Privacy.NONE, None, "BOOLEAN"))


def _time(description: str, *, key: bool = False, nullable: bool = True) -> dy.Datetime:
    about = _about(Privacy.NONE, None, "TIMESTAMPTZ")
    return dy.Datetime(
        time_zone="UTC", time_unit="us", nullable=nullable, primary_key=key, description=description, metadata=about
    )


def _task_id(*, key: bool = True, regex: str | None = TASK_ID_PATTERN) -> dy.String:
    return _text("The Dialflo task id.", key=key, required=True, privacy=Privacy.PSEUDONYM, regex=regex)


def _day(description: str) -> dy.Date:
    return dy.Date(nullable=True, description=description, metadata=_about(Privacy.NONE, None, "DATE"))


def _call_date() -> dy.Date:
    return dy.Date(
        nullable=False,
        description="The task's day in the configured time zone, fixed when the task was registered; the partition.",
        metadata=_about(Privacy.NONE, None, "DATE"),
    )


def _call_index(*, key: bool = True, nullable: bool = False) -> dy.Int32:
    return _integer("Place of the call in the task's answer, from 0.", key=key, nullable=nullable, min=0)


def _completed_at() -> dy.Datetime:
    return _time("When the task was completed, if its record says so.")


def _registered_at() -> dy.Datetime:
    return _time("When the id was registered.", nullable=False)


def _attributes() -> dy.String:
    return _text("The other columns of the task's row, as one JSON object.", privacy=Privacy.PERSONAL, sql_type="JSON")


class TaskIds(dy.Schema):
    """One row per registered task id; append-only, the first registration wins."""

    task_id = _task_id()
    call_date = _call_date()
    completed_at = _completed_at()
    registered_at = _registered_at()
    attributes = _attributes()


class ForgottenIds(dy.Schema):
    """One row per time that a registered id was taken out again; append-only. Registrations before it do not count."""

    task_id = _task_id()
    call_date = _call_date()
    forgotten_at = _time("When the id was forgotten.", key=True, nullable=False)


class RawAnswers(dy.Schema):
    """One row per request sent, errors too; append-only, bodies as received after content decoding."""

    task_id = _task_id(key=False)
    call_date = _call_date()
    asking_id = _text("The asking this try belongs to; later askings of a task sort after earlier ones.", key=True)
    attempt = _integer("Number of the try within its asking, from 1.", key=True, min=1)
    is_last = _flag("Whether this try decided its asking.")
    requested_at = _time("When the request was sent.", nullable=False)
    received_at = _time("When the answer was whole, or the try was given up.", nullable=False)
    status = _integer("HTTP status; NULL when no answer came.", nullable=True)
    result = _text(
        "What the try ended in: usable, empty, garbage, not_found, refused, unauthorized, trouble.", required=True
    )
    is_complete = _flag("For a usable answer: no call in it is still in progress or lacks its insights.", nullable=True)
    error = _text("Why the try is no usable answer; never holds a payload.")
    body = dy.Binary(
        nullable=True,
        description="The answer's body after content decoding, byte for byte; NULL above the size limit.",
        metadata=_about(Privacy.PERSONAL, None, "BLOB"),
    )
    body_bytes = dy.Int64(
        nullable=True,
        description="Size of what was read of the body.",
        metadata=_about(Privacy.NONE, "bytes", "BIGINT"),
    )
    body_sha256 = _text("SHA-256 of what was read of the body, in hexadecimal.")
    stopped_run = _flag("Whether the asking made its run stop, and so counts for no state.")
    source = _word("Where the answer came from.", SOURCES)


class Calls(dy.Schema):
    """One row per call object of each task's latest usable answer."""

    task_id = _task_id()
    call_index = _call_index()
    call_date = _call_date()
    call_id = _text("The vendor's id of the call.", privacy=Privacy.PSEUDONYM)
    agent_id = _text("The vendor's id of the agent, as text whatever its JSON type.")
    agent_name = _text("Name of the AI agent that made the call.")
    call_status = _text("The status as sent: call_status, or call_outcome where that is null or absent.")
    outcome = _word("What became of the call, normalised from call_status.", Outcome)
    is_answered = _flag("Whether outcome is answered.")
    call_direction = _text("Direction as sent, usually inbound or outbound.")
    from_number = _text("Calling number as sent.", privacy=Privacy.PERSONAL)
    to_number = _text("Called number as sent.", privacy=Privacy.PERSONAL)
    from_number_e164 = _text("Calling number in E.164, NULL if it cannot be read as one.", privacy=Privacy.PERSONAL)
    to_number_e164 = _text("Called number in E.164, NULL if it cannot be read as one.", privacy=Privacy.PERSONAL)
    contact_number = _text(
        "The other party: the called number, or the calling one of an inbound call; in E.164 where it can be read so,"
        " else as sent, NULL if blank.",
        privacy=Privacy.PERSONAL,
    )
    initiated_at = _time("When the call was started (initiation_time).")
    answered_at = _time("When the call was picked up (answer_time).")
    ended_at = _time("When the call ended (end_time).")
    occurred_at = _time("First known of initiated_at, answered_at, ended_at and the task's completed_at.")
    call_duration_seconds = _number("Length of the call.", unit="seconds", min=0)
    billed_duration_seconds = _number("Length of the call as billed.", unit="seconds", min=0)
    interest_status = _text("The interest the call showed, as sent.")
    interest_reasoning = _text("Why that interest was concluded.", privacy=Privacy.PERSONAL)
    interest_confidence = _number("Confidence in interest_status, from 0 to 1.", unit="share", min=0, max=1)
    next_action = _text("What should happen next; REDIAL or a word of the customer's.")
    next_action_reason = _text("Why that action was concluded.", privacy=Privacy.PERSONAL)
    engagement_score = _number("How engaged the person was (call_quality.user_engagement.value).", unit="points")
    satisfaction_score = _number("How satisfied the person was (call_quality.user_satisfaction.value).", unit="points")
    outcome_reason = _text("Why the call came out as it did, as sent.")
    hangup_cause = _text("Cause of the hang-up, as sent (hangup_cause_name).")
    hangup_source = _text("Who hung up, as sent.")
    call_recording_url = _text("Address of the recording.", privacy=Privacy.PERSONAL)
    extra = _text(
        "What of the call object no typed column and no other table holds, with its nesting; NULL if nothing.",
        privacy=Privacy.PERSONAL,
        sql_type="JSON",
    )
    fetched_at = _time("When the answer was received.", nullable=False)
    source = _word("Where the answer came from.", SOURCES)


class _KeyValue(dy.Schema):
    task_id = _task_id(regex=None)  # checked once a call, not at each of its many rows
    call_index = _call_index()
    call_date = _call_date()
    agent_name = _text("Name of the AI agent that made the call.")
    key = _text("The key.", key=True)
    value = _text("The value; nested values as JSON text; NULL for null.", privacy=Privacy.PERSONAL)
    value_type = _word("JSON type of the value.", VALUE_TYPES)
    is_filled = _flag("Whether the value says something: false for null, blank text, {} and [].")


class CallMetadata(_KeyValue):
    """One row per key of call_insights.metadata: a data point that the agent extracted from the talk."""


class CallContext(_KeyValue):
    """One row per key of call_context: a custom variable passed when the call was started."""


class Tasks(dy.Schema):
    """One row per registered task: where it stands."""

    task_id = _task_id()
    call_date = _call_date()
    completed_at = _completed_at()
    registered_at = _registered_at()
    state = _word("Where the task stands.", State)
    attempts = _integer("Requests sent for this task so far.", min=0)
    last_status = _integer("HTTP status of the latest answer; NULL if none came.", nullable=True)
    last_error = _text("Why the latest asking gave no usable answer; never holds a payload.")
    next_try_at = _time("Not asked again before this time; NULL when nothing is held back.")
    attributes = _attributes()


class Rejects(dy.Schema):
    """One row per value that did not fit its column, per array element that is no call, per answer without one."""

    task_id = _task_id(key=False)
    call_index = _call_index(key=False, nullable=True)
    call_date = _call_date()
    path = _text("Dotted path from the call object; empty for a whole element or answer.", required=True)
    reason = _text("Why the value was rejected; never holds the value.", required=True)
    value = _text("The value as JSON text.", privacy=Privacy.PERSONAL)


class Published(dy.Schema):
    """One row: what this file holds, and how complete that is. Two files of the same state have the same row."""

    as_of = _time(
        "The newest thing known here: the later of when the latest id was registered and when the latest answer that"
        " has calls was received; NULL while no id is registered."
    )
    published_at = _time(
        "When this state was first put before readers; a sync that finds nothing new leaves it.", nullable=False
    )
    pipeline_version = _text("Version of the pipeline that made this file.", required=True)
    data_version = _text("Names this state: equal where days, settings and SQL of the marts are.", required=True)
    timezone = _text("The time zone in which days and hours are reckoned.", required=True)
    first_day = _day("The first day that has tasks.")
    last_day = _day("The last day that has tasks.")
    days = _integer("Days that have tasks.", unit="days", min=0)
    latest_settled_day = _day("The latest day none of whose tasks is pending or unsettled; NULL if there is none.")
    settled_through = _day(
        "The last day with tasks up to which, itself included, no day has a task pending or unsettled; NULL if there is"
        " none."
    )
    is_complete = _flag("Whether no task is pending or unsettled; failed and not_found ones count as done.")
    tasks = _integer("Registered tasks; the five counts below add up to it.", unit="tasks", min=0)
    settled = _integer("Tasks settled: their calls are here for good.", unit="tasks", min=0)
    unsettled = _integer("Tasks whose answer is not final yet.", unit="tasks", min=0)
    not_found = _integer("Tasks the API does not know; their calls are missing.", unit="tasks", min=0)
    failed = _integer("Tasks given up; their calls are missing.", unit="tasks", min=0)
    pending = _integer("Tasks without an answer so far; their calls are missing.", unit="tasks", min=0)
    calls = _integer("Rows of calls.", unit="calls", min=0)


@dataclass(frozen=True)
class Table:
    """A declared table: its name in lake and warehouse, and its columns as a dataframely schema."""

    name: str
    schema: type[dy.Schema]

    @property
    def description(self) -> str:
        """What one row is."""
        return (self.schema.__doc__ or "").strip()

    @cached_property
    def columns(self) -> Mapping[str, dy.Column]:
        """Name to column, in order."""
        return self.schema.columns()

    @property
    def key(self) -> list[str]:
        """Columns that together are unique; empty when rows have no key."""
        return self.schema.primary_key()

    @cached_property
    def frame_schema(self) -> pl.Schema:
        """The polars types, in order; one object for all, not to be changed."""
        return pl.Schema({name: column.dtype for name, column in self.columns.items()})

    @cached_property
    def sql_types(self) -> Mapping[str, str]:
        """Name to DuckDB type, in order."""
        return {name: (column.metadata or {})["sql_type"] for name, column in self.columns.items()}


TASK_IDS = Table("task_ids", TaskIds)
FORGOTTEN_IDS = Table("forgotten_ids", ForgottenIds)
RAW_ANSWERS = Table("raw_answers", RawAnswers)
CALLS = Table("calls", Calls)
CALL_METADATA = Table("call_metadata", CallMetadata)
CALL_CONTEXT = Table("call_context", CallContext)
REJECTS = Table("rejects", Rejects)
TASKS = Table("tasks", Tasks)

RAW_TABLES = (TASK_IDS, FORGOTTEN_IDS, RAW_ANSWERS)
"""What the lake is the only home of: append-only."""

WAREHOUSE_TABLES = (CALLS, CALL_METADATA, CALL_CONTEXT, REJECTS, TASKS)
"""What is derived from the raw tables, and loaded into DuckDB."""

PUBLICATION = Table("published", Published)
"""What the published file says of itself."""
