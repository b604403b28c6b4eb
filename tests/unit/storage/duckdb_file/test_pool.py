"""Instances of DuckDB that are lent to one after the other."""

from collections.abc import Iterator

import duckdb
import pytest

from dialflo_pipeline.storage.duckdb_file.pool import Connection, Instances

_OPTIONS = {"threads": 1, "autoinstall_known_extensions": False, "autoload_known_extensions": False}


@pytest.fixture
def made() -> list[Connection]:
    return []


@pytest.fixture
def instances(made: list[Connection]) -> Iterator[Instances]:
    def make() -> Connection:
        made.append(duckdb.connect(config=dict(_OPTIONS)))
        return made[-1]

    opened = Instances(make)
    yield opened
    opened.close()


def test_the_next_borrower_has_the_same_instance_and_another_session(
    instances: Instances, made: list[Connection]
) -> None:
    with instances.lent() as first:
        first.execute("SET TimeZone = 'Asia/Kolkata'; CREATE TEMP TABLE noted (text VARCHAR)")
    with instances.lent() as second:
        assert second.execute("SELECT current_setting('TimeZone')").fetchone() != ("Asia/Kolkata",)
        assert second.execute("SELECT count(*) FROM duckdb_tables()").fetchone() == (0,)
    assert len(made) == 1


def test_two_at_once_have_an_instance_each(instances: Instances, made: list[Connection]) -> None:
    with instances.lent() as one, instances.lent() as other:
        one.execute("ATTACH ':memory:' AS mine")
        assert other.execute("SELECT count(*) FROM duckdb_databases() WHERE NOT internal").fetchone() == (1,)
        one.execute("DETACH mine")
    assert len(made) == 2


def test_an_instance_whose_borrower_failed_is_lent_to_nobody(instances: Instances, made: list[Connection]) -> None:
    with pytest.raises(duckdb.Error), instances.lent() as connection:
        connection.execute("ATTACH ':memory:' AS left; SELECT nothing")
    with instances.lent() as connection:
        assert connection.execute("SELECT count(*) FROM duckdb_databases() WHERE NOT internal").fetchone() == (1,)
    assert len(made) == 2


def test_closing_closes_those_that_wait(instances: Instances, made: list[Connection]) -> None:
    with instances.lent():
        pass
    instances.close()
    with pytest.raises(duckdb.ConnectionException):
        made[0].execute("SELECT 1")
