"""The bundle in a real Superset: imported on a clean install, opened in a browser, its figures those of the marts."""

import threading
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from pathlib import Path

import pytest

from bi.superset.__main__ import main
from bi.superset.charts import CHARTS
from bi.superset.datasets import datasets_of
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.marts.project import read_models, sql_folder
from dialflo_pipeline.publish.publish import read_published
from tests.bi.conftest import OPTIONS
from tests.bi.expected import expected, found
from tests.bi.superset_page import DashboardPage, Shown
from tests.bi.superset_server import Superset
from tests.support.dagster_page import until

pytestmark = pytest.mark.bi

KEYS = {chart.key for chart in CHARTS}
AGENT = "Admissions Guide"
SINCE = OPTIONS.last_day - timedelta(days=8)
BUSY = "SELECT count(*) AS n FROM range(20000) AS a, range(10000) AS b WHERE (a.range * b.range) % 7 = 3"
"""Some seconds of work, which needs no table."""


def assert_is_well(shown: Shown, empty: frozenset[str] = frozenset()) -> None:
    """No chart is in trouble, and all but those that have nothing to show are drawn."""
    assert shown.errors == []
    assert shown.rows.keys() == KEYS
    assert {key for key in KEYS if not all(shown.rows[key])} == empty
    assert shown.drawn >= KEYS - empty


def test_every_chart_shows_what_its_mart_holds(page: DashboardPage, published: Path) -> None:
    before = expected(published)
    shown = page.open()
    assert_is_well(shown)
    after = expected(published)
    figures = found(shown)
    # Ages are reckoned when the view is read, and somebody may get a day older between two readings.
    assert figures.pop("backlog_age") in (before.pop("backlog_age"), after.pop("backlog_age"))
    assert figures == before
    assert page.header("dialled") == f"{before['dialled']:,.0f}"
    assert page.header("answered") == f"{before['answered']:.1%}"


def test_filters_narrow_the_charts_that_they_can_and_no_others(page: DashboardPage, published: Path) -> None:
    days = f"call_date >= '{SINCE}' AND call_date < '{OPTIONS.last_day}'"
    wanted = expected(published, days=days, agent=f"agent_name = '{AGENT}'")
    shown = page.open(f"({_days(f'{SINCE} : {OPTIONS.last_day}')},{_one_of('Agent', 'agent_name', AGENT)})")
    assert_is_well(shown, frozenset(key for key, rows in wanted.items() if rows == []))
    figures = found(shown)
    for changing in (wanted, figures):
        del changing["backlog_age"]
    assert figures == wanted
    assert figures["dialled"] < expected(published)["dialled"]


def test_the_campaign_filter_narrows_what_is_told_by_campaign(page: DashboardPage, published: Path) -> None:
    with read_published(published) as connection:
        campaigns = connection.execute(
            "SELECT campaign, sum(dialled_calls) FROM marts.conversion_funnel GROUP BY ALL HAVING campaign <> '(none)'"
        ).fetchall()
    campaign, dialled = max(campaigns)
    shown = page.open(f"({_one_of('Campaign', 'campaign', campaign)})")
    assert_is_well(shown)
    assert shown.figure("dialled") == dialled
    assert {row["step"]: row["total_calls"] for row in shown.only("funnel")}["1 Dialled"] == dialled
    assert len(shown.only("interest")) > 1


def test_no_contact_s_number_comes_over_the_wire(page: DashboardPage, published: Path) -> None:
    with read_published(published) as connection:
        rows = connection.execute(
            "SELECT contact_number FROM marts.contacts WHERE contact_number LIKE '+%' AND contact_number NOT IN"
            " (SELECT from_number_e164 FROM marts.caller_id_health WHERE flag <> 'too_few_calls')"
        ).fetchall()
    said = page.open().said
    assert len(rows) > 100
    assert not [number for (number,) in rows if number.lstrip("+") in said]


def test_a_warehouse_that_is_not_there_is_told_on_every_chart(
    page: DashboardPage, superset: Superset, published: Path
) -> None:
    aside = published.rename(published.with_name("aside"))
    try:
        shown = page.open()
        assert len(shown.errors) >= len(KEYS)
        assert shown.drawn == set()
    finally:
        aside.rename(published)
    assert_is_well(page.refresh())


def test_sql_lab_reaches_the_warehouse_and_no_other_file(superset: Superset, published: Path) -> None:
    with read_published(published) as connection:
        (calls,) = connection.execute("SELECT count(*) FROM calls").fetchone() or (None,)
    assert calls in superset.sql("SELECT count(*) AS n FROM main.calls").json()["data"][0].values()
    config = superset.folder / "superset_config.py"
    for statement in (f"SELECT * FROM read_text('{config}')", "SET enable_external_access = true", "DROP TABLE calls"):
        answer = superset.sql(statement)
        assert "SQLALCHEMY_DATABASE_URI" not in answer.text
        assert answer.is_error, statement
    assert superset.sql("SELECT 1 AS one FROM main.calls LIMIT 1").is_success


def test_a_newer_bundle_takes_the_place_of_the_older(
    superset: Superset, page: DashboardPage, published: Path, tmp_path: Path
) -> None:
    made = tmp_path / "dialflo.zip"
    main(["--zip", str(made), "--warehouse", str(published)])
    with zipfile.ZipFile(made) as archive:
        archive.extractall(tmp_path)
    superset.command("import-directory", "--overwrite", str(tmp_path / "dialflo"))
    kinds = ("database", "dataset", "chart", "dashboard")
    assert [superset.count(kind) for kind in kinds] == [1, len(datasets_of(read_models(sql_folder()))), len(KEYS), 1]
    assert_is_well(page.open())


def test_a_sync_while_superset_holds_the_file_is_seen_after_a_refresh(
    page: DashboardPage, superset: Superset, data_dir: DataDir, sync_more: Callable[[], DataDir]
) -> None:
    first, replaced = page.open(), f"{data_dir.published} (deleted)"
    over = threading.Event()
    with ThreadPoolExecutor(3) as people:
        asking = [people.submit(_ask_until, over, superset) for _ in range(2)]
        try:
            until(lambda: superset.holds(str(data_dir.published)), "Superset has the file open")
            syncing = people.submit(sync_more)
            was_held = False
            while not wait([syncing], timeout=0.05).done:  # a query may end, and the next open the new file, any time
                was_held = was_held or superset.holds(replaced)
            syncing.result()
            assert was_held or superset.holds(replaced)
        finally:
            over.set()
    assert all(person.result() > 0 for person in asking)
    after = page.refresh()
    assert_is_well(after)
    assert after.figure("dialled") == expected(data_dir.published)["dialled"]
    assert after.figure("dialled") > first.figure("dialled")
    assert after.figure("as_of") > first.figure("as_of")
    assert not superset.holds(replaced)


def _ask_until(over: threading.Event, superset: Superset) -> int:
    """One of two people whose queries overlap, so that the file is open all the time; how often this one asked."""
    times = 0
    while not over.is_set():
        assert superset.sql(BUSY).is_success
        times += 1
    return times


def _days(span: str) -> str:
    return (
        f"NATIVE_FILTER-Days:(extraFormData:(time_range:'{span}'),filterState:(value:'{span}'),"
        "id:NATIVE_FILTER-Days,ownState:())"
    )


def _one_of(name: str, column: str, value: str) -> str:
    return (
        f"NATIVE_FILTER-{name}:(extraFormData:(filters:!((col:{column},op:IN,val:!('{value}')))),"
        f"filterState:(value:!('{value}')),id:NATIVE_FILTER-{name},ownState:())"
    )
