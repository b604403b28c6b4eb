"""What drivers say becomes a sentence without anything secret; the errors here are shaped like theirs."""

import pytest

from dialflo_pipeline.core.errors import TaskSourceDown, TaskSourceError
from dialflo_pipeline.extract.task_ids.database.driver_errors import error_for

SECRET = "hunter22"


class Wrapped(Exception):
    def __init__(self, orig: Exception) -> None:
        super().__init__(f"[SQL: secret {SECRET}]")
        self.orig = orig


def driver_error(name: str, *arguments: object, sqlstate: str | None = None) -> Exception:
    kind: type[Exception] = type(name, (Exception,), {"sqlstate": sqlstate})
    return kind(*arguments)


PHONE = "917407656243"


@pytest.mark.parametrize(
    ("backend", "error", "kind", "part"),
    [
        ("postgresql", driver_error("OperationalError", "connection refused"), TaskSourceDown, "connection refused"),
        ("postgresql", driver_error("OperationalError", "server closed"), TaskSourceDown, "the connection broke"),
        (
            "postgresql",
            driver_error("OperationalError", f'FATAL:  password authentication failed for user "{SECRET}"'),
            TaskSourceError,
            "the user or password in DIALFLO_TASKS_DSN",
        ),
        ("postgresql", driver_error("OperationalError", 'database "x" does not exist'), TaskSourceError, "no database"),
        (
            "postgresql",
            driver_error("InvalidTextRepresentation", f'invalid input "{PHONE}"', sqlstate="22P02"),
            TaskSourceError,
            "SQLSTATE 22P02",
        ),
        ("postgresql", driver_error("AdminShutdown", "x", sqlstate="57P01"), TaskSourceDown, "57P01"),
        ("postgresql", driver_error("ReadOnly", "x", sqlstate="25006"), TaskSourceError, "read-only"),
        ("postgresql", driver_error("Undefined", 'no column "n"', sqlstate="42703"), TaskSourceError, 'no column "n".'),
        ("postgresql", driver_error("DataError", f"what is {PHONE}"), TaskSourceError, "(DataError)"),
        ("mysql", driver_error("OperationalError", 1045, f"Access denied, {SECRET}"), TaskSourceError, "or password"),
        ("mysql", driver_error("OperationalError", 1049, "Unknown database"), TaskSourceError, "no database"),
        ("mysql", driver_error("OperationalError", 2003, "Can't connect"), TaskSourceDown, "error 2003"),
        ("mysql", driver_error("ProgrammingError", 1064, "near 'SELEC'"), TaskSourceError, "SELEC"),
        ("mysql", driver_error("DataError", 1292, f"Truncated: {PHONE}"), TaskSourceError, "error 1292"),
        ("sqlite", driver_error("OperationalError", "database is locked"), TaskSourceDown, "locked"),
        ("sqlite", driver_error("OperationalError", "no such table: t"), TaskSourceError, "no such table: t."),
        ("sqlite", driver_error("DatabaseError", "file is not a database"), TaskSourceError, "not a SQLite file"),
    ],
)
def test_each_error_says_what_to_do_and_nothing_secret(
    backend: str, error: Exception, kind: type[Exception], part: str
) -> None:
    said = error_for(Wrapped(error), backend, [SECRET])
    assert type(said) is kind
    assert part in str(said)
    assert SECRET not in str(said)
    assert PHONE not in str(said)


def test_a_password_in_a_driver_message_is_removed() -> None:
    error = driver_error("Undefined", f'no column "{SECRET}"', sqlstate="42703")
    assert "[secret]" in str(error_for(error, "postgresql", [SECRET]))
