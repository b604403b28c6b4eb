"""Opening databases without a server: addresses, drivers, and the SQL that each kind is sent."""

import sys

import pytest
from pydantic import SecretStr
from sqlalchemy import bindparam, create_engine, text
from sqlalchemy.types import NullType

from dialflo_pipeline.core.errors import TaskSourceDown, TaskSourceError
from dialflo_pipeline.extract.task_ids.database.connection import identity
from dialflo_pipeline.extract.task_ids.database.query import _only_cursor, open_database

SECRET = "hunter22"


def fail(dsn: str) -> str:
    with pytest.raises((TaskSourceError, TaskSourceDown)) as caught, open_database(SecretStr(dsn), "", None):
        pass
    assert SECRET not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("dsn", "module", "remedy"),
    [
        ("postgresql://u:hunter22@h/d", "psycopg", "dialflo-pipeline[tasks-postgresql]"),
        ("mysql://u:hunter22@h/d", "pymysql", "dialflo-pipeline[tasks-mysql]"),
        ("mariadb://u:hunter22@h/d", "pymysql", "dialflo-pipeline[tasks-mysql]"),
        ("mysql+mysqldb://u:hunter22@h/d", "MySQLdb", "mysqldb"),
    ],
)
def test_a_missing_driver_is_named_with_what_installs_it(
    monkeypatch: pytest.MonkeyPatch, dsn: str, module: str, remedy: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    assert remedy in fail(dsn)


@pytest.mark.parametrize(
    ("dsn", "part"),
    [
        ("postgresql+nosuch://u:hunter22@h/d", "nosuch"),
        ("postgresql://u:hunter22/x@h:port/d", "%40"),
        ("sqlite:////no/such/hunter22.db", "does not exist"),
    ],
)
def test_an_address_that_leads_nowhere_is_reported_without_it(dsn: str, part: str) -> None:
    assert part in fail(dsn)


def test_a_password_does_not_change_which_database_it_is() -> None:
    one, other = (identity(SecretStr(f"postgresql://u:{word}@h:5/d")) for word in ("a", "b"))
    assert one == other
    assert one != identity(SecretStr("postgresql://u:a@h:5/e"))


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        ("SELECT 1 WHERE a >= :cursor;", "SELECT 1 WHERE a >= (%(cursor)s)"),
        ("SELECT a::text, '10:30', ':x', b->':y' WHERE a >= :cursor::int", None),
        ("SELECT 1 WHERE a LIKE '10%' AND b > :cursor AND c > :cursors", None),
    ],
)
@pytest.mark.parametrize(("address", "module"), [("postgresql+psycopg://", "psycopg"), ("mysql+pymysql://", "pymysql")])
def test_nothing_but_the_cursor_is_a_parameter(query: str, sent: str | None, address: str, module: str) -> None:
    pytest.importorskip(module)
    statement = text(_only_cursor(query)).bindparams(bindparam("cursor", 1, NullType()))
    compiled = statement.compile(dialect=create_engine(address).dialect)
    assert compiled.params == {"cursor": 1}
    plain = query.rstrip(";").replace(":cursor::", "(%(cursor)s)::").replace("%'", "%%'")
    assert str(compiled) == sent or str(compiled) == plain.replace(":cursor ", "(%(cursor)s) ")
