"""The fixed words in columns: outcomes, task states, results of requests and JSON types."""

from enum import StrEnum


class Outcome(StrEnum):
    """What became of a call, in the contact centre's words."""

    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    MACHINE = "machine"
    FAILED = "failed"
    CANCELLED = "cancelled"
    IN_PROGRESS = "in_progress"
    UNKNOWN = "unknown"


class State(StrEnum):
    """The state of a registered task; each task is in exactly one."""

    SETTLED = "settled"
    UNSETTLED = "unsettled"
    NOT_FOUND = "not_found"
    FAILED = "failed"
    PENDING = "pending"


class Result(StrEnum):
    """What an attempt ended in; the last attempt decides for the fetch."""

    USABLE = "usable"
    EMPTY = "empty"
    MALFORMED = "garbage"
    NOT_FOUND = "not_found"
    REFUSED = "refused"
    UNAUTHORIZED = "unauthorized"
    RETRYABLE = "trouble"


VALUE_TYPES = ("string", "number", "boolean", "null", "object", "array")
SOURCES = ("api", "webhook")
