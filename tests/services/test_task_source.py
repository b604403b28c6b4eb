"""Task ids from real database servers: cursors of every type, ties, late rows, odd values, and what goes wrong."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, NullPool, create_engine, make_url, text

from dialflo_pipeline.core.errors import TaskSourceError
from dialflo_pipeline.core.schema import TASK_IDS
from dialflo_pipeline.extract.task_ids.database.source import SourceReport, TaskSource, examine, has_news, read_source
from dialflo_pipeline.lake.data_dir import DataDir
from tests.services.servers import PASSWORD

pytestmark = [pytest.mark.services, pytest.mark.xdist_group("databases")]

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DRIVERS = {"postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql"}


class Customer:
    """A customer's database, and the pipeline beside it; `sql` is run as the customer."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.data_dir = url, DataDir(folder)
        self.engine: Engine = create_engine(
            make_url(url).set(drivername=DRIVERS[make_url(url).drivername]), poolclass=NullPool
        )

    def sql(self, statement: str, **values: object) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(statement), values)

    def source(self, query: str, url: str | None = None) -> TaskSource:
        return TaskSource(SecretStr(url or self.url), query, None, HOUR)

    def read(self, query: str, now: datetime = NOW) -> SourceReport:
        return read_source(self.source(query), self.data_dir, now, ZoneInfo("Asia/Kolkata"))

    def news(self, query: str, now: datetime = NOW) -> bool:
        return has_news(self.source(query), self.data_dir, now, 10 * HOUR)

    def rows(self) -> dict[str, dict[str, Any]]:
        lake = self.data_dir.lake
        frames = [lake.read(TASK_IDS, day) for day in lake.days(TASK_IDS)]
        return {row["task_id"]: row for frame in frames for row in frame.iter_rows(named=True)}


@pytest.fixture(params=["postgresql", "mysql"])
def customer(request: pytest.FixtureRequest, tmp_path: Path) -> Customer:
    return Customer(request.getfixturevalue(f"{request.param}_url"), tmp_path / "data")


@pytest.fixture
def postgresql_customer(postgresql_url: str, tmp_path: Path) -> Customer:
    return Customer(postgresql_url, tmp_path / "data")


@pytest.fixture
def mysql_customer(mysql_url: str, tmp_path: Path) -> Customer:
    return Customer(mysql_url, tmp_path / "data")


CURSORS: dict[str, tuple[str, Callable[[int], object]]] = {
    "a time without a zone": ("TIMESTAMP", lambda n: datetime(2026, 1, 1) + timedelta(seconds=n)),  # noqa: DTZ001 - the column has none
    "a day": ("DATE", lambda n: date(2026, 1, 1) + timedelta(days=n)),
    "a whole number": ("BIGINT", lambda n: n - 3),
    "a decimal": ("NUMERIC(20, 2)", lambda n: n - 2.5),
    "text": ("VARCHAR(20)", lambda n: f"{n:06}"),
}
QUERY = "SELECT task_id, c FROM t WHERE c >= :cursor ORDER BY c"


@pytest.mark.parametrize("kind", CURSORS)
def test_every_type_of_cursor_finds_all_rows_ties_and_late_ones(customer: Customer, kind: str) -> None:
    column, value = CURSORS[kind]
    customer.sql(f"CREATE TABLE t (task_id VARCHAR(40), c {column})")
    assert not customer.news(QUERY)
    for n in range(5):
        customer.sql("INSERT INTO t VALUES (:id, :c)", id=f"id-{n}", c=value(n))
    assert customer.news(QUERY)
    assert customer.read(QUERY).registration.registered == 5
    assert not customer.news(QUERY)

    customer.sql("INSERT INTO t VALUES ('tie', :c)", c=value(4))
    assert customer.news(QUERY)
    customer.sql("INSERT INTO t VALUES ('late', :c)", c=value(1))
    assert customer.read(QUERY, NOW + HOUR / 2).registration.registered == 2

    customer.sql("INSERT INTO t VALUES ('new', :c)", c=value(5))
    assert customer.read(QUERY, NOW + HOUR).registration.registered == 1
    settled = customer.read(QUERY, NOW + 3 * HOUR).registration
    assert (settled.registered, settled.already_known) == (0, 3), "reads on from the tie, not from the beginning"
    assert len(customer.rows()) == 8


def test_a_time_with_a_zone_is_that_moment_whatever_the_zone_of_the_server(customer: Customer) -> None:
    is_mysql = customer.engine.dialect.name == "mysql"
    customer.sql(f"CREATE TABLE t (task_id VARCHAR(40), c {'TIMESTAMP' if is_mysql else 'TIMESTAMPTZ'} NULL)")
    # A TIMESTAMP of MySQL is a moment, told in the zone of the session.
    zone = "SET time_zone = '-07:00'" if is_mysql else "SET TimeZone = 'America/Phoenix'"
    with customer.engine.begin() as connection:
        connection.execute(text(zone))
        connection.execute(text("INSERT INTO t VALUES ('a', '2026-01-01 20:00:00'), ('b', '2026-01-01 20:00:00')"))
    query = "SELECT task_id, c AS completed_at, c FROM t WHERE c >= :cursor"
    assert customer.read(query).registration.registered == 2
    row = customer.rows()["a"]
    assert (row["completed_at"], row["call_date"]) == (datetime(2026, 1, 2, 3, tzinfo=UTC), date(2026, 1, 2))
    assert customer.read(query, NOW + 2 * HOUR).registration.already_known == 2
    assert not customer.news(query)


def test_a_time_without_a_zone_is_read_in_ours(customer: Customer) -> None:
    column = "DATETIME" if customer.engine.dialect.name == "mysql" else "TIMESTAMP"
    customer.sql(f"CREATE TABLE t (task_id VARCHAR(40), completed_at {column}, n INT)")
    customer.sql("INSERT INTO t VALUES ('a', '2026-01-01 02:00:00', 1)")
    customer.read("SELECT task_id, completed_at, n FROM t WHERE n >= :cursor")
    row = customer.rows()["a"]
    assert (row["completed_at"], row["call_date"]) == (datetime(2025, 12, 31, 20, 30, tzinfo=UTC), date(2026, 1, 1))


def test_a_query_that_leaves_ties_out_still_gets_them_within_the_overlap(customer: Customer) -> None:
    customer.sql("CREATE TABLE t (task_id VARCHAR(40), n INT)")
    query = "SELECT task_id, n FROM t WHERE n > :cursor"
    customer.sql("INSERT INTO t VALUES ('a', 1)")
    customer.read(query)
    customer.sql("INSERT INTO t VALUES ('b', 1)")
    customer.read(query, NOW + HOUR / 2)
    assert customer.rows().keys() == {"a", "b"}


def test_a_row_committed_late_is_found(postgresql_customer: Customer) -> None:
    customer = postgresql_customer
    customer.sql("CREATE TABLE t (task_id TEXT, n SERIAL)")
    query = "SELECT task_id, n FROM t WHERE n >= :cursor"
    with customer.engine.connect() as slow:
        slow.execute(text("INSERT INTO t (task_id) VALUES ('slow')"))
        customer.sql("INSERT INTO t (task_id) VALUES ('quick')")
        customer.read(query)
        assert customer.rows().keys() == {"quick"}
        slow.commit()
    customer.read(query, NOW + HOUR / 2)
    assert customer.rows().keys() == {"quick", "slow"}


def test_odd_values_are_kept_and_bad_rows_cost_only_themselves(postgresql_customer: Customer) -> None:
    customer = postgresql_customer
    customer.sql(
        "CREATE TABLE t (task_uuid UUID, n INT, completed_at TIMESTAMPTZ, j JSONB, ip INET, a INT[], x NUMERIC,"
        " f FLOAT8)"
    )
    good, bad = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"
    customer.sql(
        "INSERT INTO t VALUES (:good, 1, '2026-01-01', '[1, null]', '10.0.0.1', '{1,2}', 1.50, 'NaN'),"
        " (:bad, 2, 'infinity', NULL, NULL, NULL, NULL, NULL), (NULL, 3, NULL, NULL, NULL, NULL, NULL, NULL)",
        good=good,
        bad=bad,
    )
    report = customer.read("SELECT * FROM t WHERE n >= :cursor::int AND '12:30' <> ':x' ORDER BY n")
    assert report.problem is None
    assert [row.line for row in report.refused.first] == [2, 3]
    assert customer.rows()[good]["attributes"] == '{"n":1,"j":[1,null],"ip":"10.0.0.1","a":[1,2],"x":1.50,"f":null}'


def test_values_that_mysql_alone_has_cost_only_their_rows(mysql_customer: Customer) -> None:
    customer = mysql_customer
    customer.sql("CREATE TABLE t (task_id DECIMAL(20), n INT, completed_at DATETIME, took TIME, raw BLOB)")
    customer.sql("SET SESSION sql_mode = ''")
    with customer.engine.begin() as connection:
        connection.execute(text("SET SESSION sql_mode = ''"))
        connection.execute(
            text(
                "INSERT INTO t VALUES (12345678901234567890, 1, NULL, '00:01:30', 'x'),"
                " (2, 2, '0000-00-00', NULL, NULL)"
            )
        )
    report = customer.read("SELECT * FROM t WHERE n >= :cursor")
    assert [row.line for row in report.refused.first] == [2]
    assert customer.rows()["12345678901234567890"]["attributes"] == '{"n":1,"took":90.0,"raw":"x"}'


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT nope, n FROM t WHERE n >= :cursor", "nope"),
        ("SELECT task_id, n FROM nope WHERE n >= :cursor", "nope"),
        ("SELECT task_id FROM t WHERE n >= :cursor", "DIALFLO_TASKS_CURSOR_COLUMN"),
        ("SELECT n FROM t WHERE n >= :cursor", "task_id or task_uuid"),
        ("SELECT task_id, n, n FROM t WHERE n >= :cursor", "two columns named n"),
        ("SELEC task_id, n FROM t WHERE n >= :cursor", "SELEC"),
    ],
)
def test_a_wrong_query_is_told_in_words(customer: Customer, query: str, said: str) -> None:
    customer.sql("CREATE TABLE t (task_id VARCHAR(40), n INT)")
    problem = customer.read(query).problem
    assert problem is not None
    assert said in problem
    with pytest.raises(TaskSourceError):
        customer.news(query)


def test_the_query_can_change_nothing(customer: Customer) -> None:
    customer.sql("CREATE TABLE t (task_id VARCHAR(40), n INT)")
    customer.sql("INSERT INTO t VALUES ('a', 1)")
    is_mysql = customer.engine.dialect.name == "mysql"
    query = "DELETE FROM t WHERE n >= :cursor RETURNING task_id, n"
    if not is_mysql:
        query = f"WITH gone AS ({query}) SELECT * FROM gone WHERE n >= :cursor"
    assert customer.read(query).problem is not None
    assert customer.read("SELECT * FROM t WHERE n >= :cursor").registration.registered == 1


@pytest.mark.parametrize("wrong", ["password", "user", "database", "port"])
def test_what_is_wrong_with_the_address_is_told_without_it(
    customer: Customer, wrong: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    customer.sql("CREATE TABLE t (task_id VARCHAR(40), n INT)")
    url = make_url(customer.url)
    changed: dict[str, Any] = {
        "password": {"password": "canary-wrong"},
        "user": {"username": "canary-wrong"},
        "database": {"database": "canary-wrong"},
        "port": {"port": 9},
    }
    broken = url.set(**changed[wrong]).render_as_string(hide_password=False)
    source = customer.source("SELECT * FROM t WHERE n >= :cursor", broken)
    report = read_source(source, customer.data_dir, NOW, ZoneInfo("UTC"))
    assert report.problem is not None
    assert ("answer" if wrong == "port" else "DIALFLO_TASKS_DSN") in report.problem
    said = capfd.readouterr()
    told = report.problem + said.out + said.err + caplog.text + repr(source)
    assert "canary" not in told
    assert PASSWORD not in told


def test_nothing_that_is_written_holds_the_address(customer: Customer) -> None:
    customer.sql("CREATE TABLE t (task_id VARCHAR(40), n INT)")
    customer.sql("INSERT INTO t VALUES ('a', 1)")
    query = "SELECT * FROM t WHERE n >= :cursor"
    customer.read(query)
    found = examine(customer.source(query), customer.data_dir)
    assert "task_id, n" in found
    secrets = [PASSWORD.encode(), customer.url.encode()]
    files = [path for path in customer.data_dir.root.rglob("*") if path.is_file()]
    assert any(path.name == "task_source.json" for path in files)
    assert not [path for path in files for secret in secrets if secret in path.read_bytes()]
