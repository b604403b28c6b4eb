"""A run history that cannot be written, told in a way that Dagster neither prints nor tries to write down."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DatabaseError


class NotWritten(BaseException):
    """The history cannot be written, and so the run cannot go on; `__cause__` is why.

    No `Exception`: of those Dagster prints the SQL.
    """


@contextmanager
def told_as_not_written() -> Iterator[None]:
    """Raises `NotWritten` for what a database has to say."""
    try:
        yield
    except DatabaseError as error:
        raise NotWritten from error
