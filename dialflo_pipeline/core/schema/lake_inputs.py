"""The tables that only the lake has: registered task ids, forgotten ids and raw answers."""

import dataframely as dy

from dialflo_pipeline.core.schema.columns import (
    attributes_column,
    binary,
    boolean,
    byte_count,
    call_date_column,
    completed_at_column,
    integer,
    registered_at_column,
    source_column,
    task_id_column,
    text,
    timestamp,
)
from dialflo_pipeline.core.schema.table import Table


class TaskIds(dy.Schema):
    """One row per registered task id; append-only, the first registration wins."""

    task_id = task_id_column()
    call_date = call_date_column()
    completed_at = completed_at_column()
    registered_at = registered_at_column()
    attributes = attributes_column()


class ForgottenIds(dy.Schema):
    """One row per time that a registered id was taken out again; append-only. Registrations before it do not count."""

    task_id = task_id_column()
    call_date = call_date_column()
    forgotten_at = timestamp("When the id was forgotten.", key=True, nullable=False)


class RawAnswers(dy.Schema):
    """One row per request sent, errors too; append-only, bodies as received after content decoding."""

    task_id = task_id_column(key=False)
    call_date = call_date_column()
    asking_id = text("The fetch of this attempt; later fetches of a task sort after earlier ones.", key=True)
    attempt = integer("Number of the attempt in its fetch, from 1.", key=True, min=1)
    is_last = boolean("Whether this attempt decided its fetch.")
    requested_at = timestamp("When the request was sent.", nullable=False)
    received_at = timestamp("When the response was complete, or the attempt was given up.", nullable=False)
    status = integer("HTTP status; NULL without a response.", nullable=True)
    result = text(
        "What the attempt ended in: usable, empty, garbage, not_found, refused, unauthorized, trouble.", required=True
    )
    is_complete = boolean(
        "For a usable answer: no call in it is still in progress or lacks its insights.", nullable=True
    )
    error = text("Why the attempt gave no usable answer; never holds a payload.")
    body = binary("The answer's body after content decoding, byte for byte; NULL above the size limit.")
    body_bytes = byte_count("Size of what was read of the body.")
    body_sha256 = text("SHA-256 of what was read of the body, in hexadecimal.")
    stopped_run = boolean("Whether the fetch stopped its run, and so counts for no state.")
    source = source_column()


TASK_IDS = Table("task_ids", TaskIds)
FORGOTTEN_IDS = Table("forgotten_ids", ForgottenIds)
RAW_ANSWERS = Table("raw_answers", RawAnswers)
