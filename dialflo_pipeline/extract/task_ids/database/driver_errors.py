"""Driver errors in plain words; pure.

A driver's own sentence is passed on only for errors in the query: others may hold a password or a value of a row.
"""

import re
from collections.abc import Sequence
from typing import Final

from dialflo_pipeline.core.errors import DialfloError, TaskSourceDown, TaskSourceError

_REFUSED: Final = "rejects the user or password in DIALFLO_TASKS_DSN. Correct that setting."
_NO_DATABASE: Final = "has no database of the name in DIALFLO_TASKS_DSN. Correct that setting."
_WRONG_QUERY: Final = "rejects DIALFLO_TASKS_QUERY: {}"
_UNNAMED: Final = "failed to run DIALFLO_TASKS_QUERY ({}). Run the query by hand to see why."
_DOWN: Final = "does not answer ({}). Nothing is lost: the next sync continues."

_SQLITE_DOWN: Final = {
    "locked": "locked by another program",
    "busy": "locked by another program",
    "disk i/o": "its disk failed",
}
_DOWN_REASONS: Final = {
    "refused": "connection refused",
    "timeout": "too slow",
    "timed out": "too slow",
    "resolve": "unknown host name",
    "name or service": "unknown host name",
    "nodename": "unknown host name",
    "unreachable": "network unreachable",
    "too many": "too many connections",
    "certificate": "its certificate is not trusted",
    "ssl": "the encrypted connection failed",
}
_CONNECTION_ERRORS: Final = {"OperationalError", "InterfaceError", "ConnectionTimeout", "TimeoutError", "OSError"}
_AUTHENTICATION: Final = re.compile(r"password|authentication|pg_hba|role .* does not exist", re.IGNORECASE)
_MYSQL_REFUSED: Final = {1044, 1045, 1698, 1251, 4151}
_MYSQL_QUERY: Final = {1046, 1052, 1054, 1055, 1064, 1142, 1143, 1146, 1149, 1305, 1370, 1792}
_MYSQL_DOWN: Final = {1040, 1053, 1203, 1205, 1927, 2002, 2003, 2005, 2006, 2013, 2014, 2055}


def error_for(error: BaseException, backend: str, secrets: Sequence[str]) -> DialfloError:
    """The error to raise instead of a driver's; `secrets` are removed from its message."""
    cause = getattr(error, "orig", None) or error
    state = getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
    message = str(getattr(getattr(cause, "diag", None), "message_primary", None) or cause)
    number = cause.args[0] if cause.args and isinstance(cause.args[0], int) else None
    if backend == "sqlite":
        kind, said = _sqlite(message)
    elif number:
        kind, said = _by_number(number, str(cause.args[-1]))
    elif state:
        kind, said = _by_state(state, message)
    elif type(cause).__name__ in _CONNECTION_ERRORS:
        kind, said = _without_code(message)
    else:
        kind, said = TaskSourceError, _UNNAMED.format(type(cause).__name__)
    for secret in secrets:
        said = said.replace(secret, "[secret]")
    return kind(f"The {backend} database of task ids {said}")


def _sqlite(message: str) -> tuple[type[DialfloError], str]:
    for part, why in _SQLITE_DOWN.items():
        if part in message.lower():
            return TaskSourceDown, _DOWN.format(why)
    if "unable to open" in message or "not a database" in message:
        return TaskSourceError, "is not a SQLite file that can be opened. Correct DIALFLO_TASKS_DSN."
    return TaskSourceError, _WRONG_QUERY.format(_sentence(message))


def _by_state(state: str, message: str) -> tuple[type[DialfloError], str]:
    """By the codes of the SQL standard, which PostgreSQL has."""
    match state[:2]:
        case "28":
            return TaskSourceError, _REFUSED
        case "3D":
            return TaskSourceError, _NO_DATABASE
        case "25":
            return TaskSourceError, _WRONG_QUERY.format("it must be read-only.")
        case "42" | "0A" | "3F":
            return TaskSourceError, _WRONG_QUERY.format(_sentence(message))
        case "08" | "53" | "55" | "57" | "58" | "40":
            return TaskSourceDown, _DOWN.format(f"SQLSTATE {state}")
    return TaskSourceError, _UNNAMED.format(f"SQLSTATE {state}")


def _by_number(number: int, message: str) -> tuple[type[DialfloError], str]:
    """By the numbers of MySQL and its kin."""
    if number in _MYSQL_REFUSED:
        return TaskSourceError, _REFUSED
    if number == 1049:
        return TaskSourceError, _NO_DATABASE
    if number in _MYSQL_QUERY:
        return TaskSourceError, _WRONG_QUERY.format(_sentence(message))
    if number in _MYSQL_DOWN:
        return TaskSourceDown, _DOWN.format(f"error {number}")
    return TaskSourceError, _UNNAMED.format(f"error {number}")


def _without_code(message: str) -> tuple[type[DialfloError], str]:
    """A connection that failed or broke; drivers give no code for that."""
    if _AUTHENTICATION.search(message):
        return TaskSourceError, _REFUSED
    if re.search(r"database .* does not exist", message):
        return TaskSourceError, _NO_DATABASE
    why = next((why for part, why in _DOWN_REASONS.items() if part in message.lower()), "the connection broke")
    return TaskSourceDown, _DOWN.format(why)


def _sentence(message: str) -> str:
    line = message.strip().partition("\n")[0]
    return line if line.endswith(".") else f"{line}."
