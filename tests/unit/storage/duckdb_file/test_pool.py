"""DuckDB instances that are borrowed by one user after the other."""

from collections.abc import Iterator

import duckdb
import pytest

from dialflo_pipeline.storage.duckdb_file.pool import Connection, InstancePool

_OPTIONS = {"threads": 1, "autoinstall_known_extensions": False, "autoload_known_extensions": False}


@pytest.fixture
def made() -> list[Connection]:
    return []


@pytest.fixture
def instances(made: list[Connection]) -> Iterator[InstancePool]:
    def make() -> Connection:
        made.append(duckdb.connect(config=dict(_OPTIONS)))
        return made[-1]

    opened = InstancePool(make)
    yield opened
    opened.close()


def test_the_next_borrower_has_the_same_instance_and_another_session(
    instances: InstancePool, made: list[Connection]
) -> None:
    with instances.borrow() as first:
        first.execute("SET TimeZone = 'Asia/Kolkata'; CREATE TEMP TABLE noted (text VARCHAR)")
    with instances.borrow() as second:
        assert second.execute("SELECT current_setting('TimeZone')").fetchone() != ("Asia/Kolkata",)
        assert second.execute("SELECT count(*) FROM duckdb_tables()").fetchone() == (0,)
    assert len(made) == 1


def test_two_at_once_have_an_instance_each(instances: InstancePool, made: list[Connection]) -> None:
    with instances.borrow() as one, instances.borrow() as other:
        one.execute("ATTACH ':memory:' AS mine")
        assert other.execute("SELECT count(*) FROM duckdb_databases() WHERE NOT internal").fetchone() == (1,)
        one.execute("DETACH mine")
    assert len(made) == 2


def test_an_instance_whose_borrower_failed_is_lent_to_nobody(instances: InstancePool, made: list[Connection]) -> None:
    with pytest.raises(duckdb.Error), instances.borrow() as connection:
        connection.execute("ATTACH ':memory:' AS left; SELECT nothing")
    with instances.borrow() as connection:
        assert connection.execute("SELECT count(*) FROM duckdb_databases() WHERE NOT internal").fetchone() == (1,)
    assert len(made) == 2


def test_closing_closes_those_that_wait(instances: InstancePool, made: list[Connection]) -> None:
    with instances.borrow():
        pass
    instances.close()
    with pytest.raises(duckdb.ConnectionException):
        made[0].execute("SELECT 1")
