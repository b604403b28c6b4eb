"""The dashboard as a person sees it: in a real browser, from disk, without network."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from axe_playwright_python.sync_playwright import Axe

from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.lake.partitions import registered_days
from dialflo_pipeline.lake.store import Lake
from dialflo_pipeline.load import loader
from dialflo_pipeline.marts import build as marts
from dialflo_pipeline.marts.settings import MartSettings
from dialflo_pipeline.publish import publish
from dialflo_pipeline.serve.dashboard import build_dashboard
from dialflo_pipeline.serve.dashboard.build import page as page_of
from dialflo_pipeline.serve.dashboard.queries import read_frames
from tests.services.dashboard_page import Dashboard, number, opened, same_figures
from tests.support.canaries import canaries_in
from tests.support.dagster_page import browser as running_browser

pytestmark = [pytest.mark.services, pytest.mark.xdist_group("dashboard")]

SETTINGS = MartSettings("Asia/Kolkata", 3, 30, campaign_key="product")
HOSTILE = "</script><img src=x onerror=document.title='owned'>\"'&{{STATE}}\u2028"

Ask = Callable[[str], list[tuple[Any, ...]]]

_CALLS = """
    (SELECT calls.*, coalesce(campaigns.campaign, '(none)') AS campaign
     FROM staging.call_facts AS calls
     LEFT JOIN staging.call_campaigns AS campaigns USING (task_id, call_index, call_date))
"""
_RATE = "staging.rate({0}, {1}), staging.wilson_low({0}, {1}), staging.wilson_high({0}, {1})"


@pytest.fixture(scope="module")
def published(simulated: DataDir, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The simulated calls with their product as campaign."""
    root = tmp_path_factory.mktemp("shown")
    private = root / "work" / "warehouse.duckdb"
    loader.load(private, simulated.lake, dict.fromkeys(registered_days(simulated.lake), "loaded"))
    marts.build(private, SETTINGS)
    publish.publish(private, root / "warehouse.duckdb", root / "work")
    return root / "warehouse.duckdb"


@pytest.fixture(scope="module")
def file(published: Path) -> Path:
    return build_dashboard(published, published.with_name("dashboard.html"), published.parent / "aside").path


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with running_browser() as running:
        yield running


@pytest.fixture
def dashboard(browser: Any, file: Path) -> Iterator[Dashboard]:
    with opened(browser, file) as dashboard:
        yield dashboard


@pytest.fixture
def ask(published: Path) -> Iterator[Ask]:
    with closing(publish.read_published(published)) as connection:
        yield lambda sql: connection.execute(sql).fetchall()


def _compare(dashboard: Dashboard, ask: Ask, where: str, backlog_where: str, daily_where: str) -> None:
    """Every table of the page against the rows of the marts, or of the calls below them, that the filters leave."""
    steps = ("dialled", "answered", "engaged", "interested", "action", "converted")
    sums = ", ".join(f"sum({step}_calls)" for step in steps)
    (counts,) = ask(f"SELECT {sums} FROM marts.conversion_funnel WHERE {where}")
    funnel = dashboard.table("conversion_funnel")
    assert [number(row[1]) for row in funnel] == [float(count) for count in counts]
    assert number(dashboard.figure("dialled_calls")) == counts[0]

    rate = _RATE.format("sum(answered_calls)", "sum(dialled_calls)")
    by_day = ask(
        f"SELECT call_date::VARCHAR, sum(dialled_calls), sum(answered_calls), {rate} FROM marts.conversion_funnel"
        f" WHERE {where} GROUP BY call_date"
    )
    same_figures(dashboard.table("answer_rate"), by_day, {place: place for place in range(6)})

    rate = _RATE.format("count(*) FILTER (WHERE is_answered)", "count(*)")
    numbers = ask(
        f"SELECT count(*), count(*) FILTER (WHERE is_answered), {rate} FROM {_CALLS}"
        f" WHERE is_dialled AND {where} GROUP BY from_number_e164"
    )
    same_figures(dashboard.table("caller_id_health"), numbers, {place: place - 1 for place in range(1, 6)})

    share = _RATE.format("count(*)", "(sum(count(*)) OVER (PARTITION BY agent_name))")
    interest = ask(
        f"SELECT agent_name, interest_status, count(*), {share} FROM {_CALLS}"
        f" WHERE is_answered AND {where} GROUP BY agent_name, interest_status"
    )
    same_figures(dashboard.table("interest_distribution"), interest, {0: 0, 1: 1, 3: 2, 5: 3, 6: 4, 7: 5})

    waiting = ask(f"""
        SELECT count(*), {
        ", ".join(
            f"count(*) FILTER (WHERE state = '{state}')"
            for state in ("due", "waiting", "exhausted", "stale", "stopped")
        )
    }
        FROM marts.redial_backlog AS backlog LEFT JOIN (
            SELECT DISTINCT ON (task_id) task_id, campaign FROM staging.call_campaigns ORDER BY call_index DESC
        ) AS campaigns ON campaigns.task_id = backlog.last_task_id WHERE {backlog_where}
    """)
    same_figures(dashboard.table("redial_backlog")[:1], waiting, {place: place - 1 for place in range(1, 7)})

    daily = ask(
        "SELECT call_date::VARCHAR, sum(opened), sum(cleared), sum(backlog) FROM marts.redial_backlog_daily"
        f" WHERE {daily_where} GROUP BY call_date"
    )
    same_figures(dashboard.table("redial_backlog_daily"), daily, {place: place for place in range(4)})

    share = _RATE.format("count(*) FILTER (WHERE is_filled)", "count(*)")
    coverage = ask(f"""
        SELECT key, agent_name, count(*), count(*) FILTER (WHERE is_filled), {share}
        FROM (SELECT facts.*, coalesce(campaigns.campaign, '(none)') AS campaign FROM staging.metadata_facts AS facts
              LEFT JOIN staging.call_campaigns AS campaigns USING (task_id, call_index, call_date))
        WHERE {where} GROUP BY ALL
    """)
    same_figures(dashboard.table("metadata_coverage"), coverage, {place: place for place in range(7)})


def test_without_a_filter_every_figure_is_that_of_the_marts(dashboard: Dashboard, ask: Ask) -> None:
    _compare(dashboard, ask, "true", "true", "true")
    rate = _RATE.format("sum(answered_calls)", "sum(calls)")
    by_day = ask(
        f"SELECT call_date::VARCHAR, sum(calls), sum(answered_calls), {rate} FROM marts.answer_rate GROUP BY 1"
    )
    same_figures(dashboard.table("answer_rate"), by_day, {place: place for place in range(6)})
    ages: dict[int, int] = dict(
        ask("SELECT least(age_days, 4), count(*) FROM marts.redial_backlog GROUP BY 1 ORDER BY 1")
    )
    shown = [number(row[1]) for row in dashboard.table("redial_backlog")[1:]]
    assert [*shown[:4], sum(count or 0 for count in shown[4:])] == [ages.get(age, 0) for age in range(5)]
    fresh = ask(
        "SELECT call_date::VARCHAR, registered_tasks, settled_tasks, unsettled_tasks, pending_tasks, not_found_tasks,"
        " failed_tasks, calls FROM marts.data_freshness"
    )
    same_figures(dashboard.table("data_freshness"), fresh, {place: place for place in range(8)})


def test_with_filters_every_figure_is_reckoned_anew_from_its_counts(dashboard: Dashboard, ask: Ask) -> None:
    ((first, last),) = ask("SELECT min(call_date) + 3, max(call_date) - 2 FROM calls")
    dashboard.choose(agent="EMI Saathi", campaign="Personal loan", from_=str(first), to=str(last))
    agent, days = "agent_name = 'EMI Saathi'", f"call_date BETWEEN DATE '{first}' AND DATE '{last}'"
    campaign = "coalesce(campaign, '(none)') = 'Personal loan'"
    _compare(dashboard, ask, f"{agent} AND {days} AND {campaign}", f"{agent} AND {campaign}", f"{agent} AND {days}")


def test_the_heat_map_is_the_mart_of_an_agent(dashboard: Dashboard, ask: Ask) -> None:
    dashboard.choose(agent="ONEST")
    cells = dashboard.page.eval_on_selector_all(
        "[data-cell]", "(cells) => cells.map((cell) => [cell.dataset.cell, cell.dataset.calls, cell.dataset.value])"
    )
    expected = ask(
        "SELECT weekday || ' ' || hour, calls, answer_rate FROM marts.best_time_to_call WHERE agent_name = 'ONEST'"
    )
    assert expected
    same_figures(cells, expected, {0: 0, 1: 1, 2: 2})


def test_clearing_the_filters_brings_everything_back(dashboard: Dashboard) -> None:
    before = dashboard.table("answer_rate")
    dashboard.choose(agent="ONEST")
    dashboard.page.click("[data-days='7']")
    assert len(dashboard.table("answer_rate")) == 7
    assert dashboard.page.get_attribute("[data-days='7']", "aria-pressed") == "true"
    dashboard.page.get_by_role("button", name="Clear filters").click()
    assert dashboard.table("answer_rate") == before


def test_an_end_before_the_beginning_moves_the_other_end(dashboard: Dashboard) -> None:
    last = dashboard.page.input_value("#to")
    dashboard.choose(from_=last)
    dashboard.choose(to=dashboard.page.get_attribute("#from", "min"))
    assert dashboard.page.input_value("#from") == dashboard.page.input_value("#to")
    assert len(dashboard.table("answer_rate")) == 1


def test_the_single_calls_follow_the_filters_and_are_masked(dashboard: Dashboard) -> None:
    dashboard.choose(agent="Clinic Desk")
    calls = dashboard.table("calls")
    assert {row[1] for row in calls} == {"Clinic Desk"}
    assert {row[3][:4] for row in calls} == {"••••"}
    links = dashboard.page.eval_on_selector_all('[data-table="calls"] a', "(all) => all.map((each) => each.href)")
    assert links
    assert all(link.startswith("https://") for link in links)
    assert not canaries_in(dashboard.page.content())


def test_more_calls_are_shown_when_asked_for(dashboard: Dashboard) -> None:
    assert len(dashboard.table("calls")) == 50
    dashboard.page.click("#more")
    assert len(dashboard.table("calls")) == 100


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_bars_the_way_for_anybody(scheme: str, width: int, browser: Any, file: Path) -> None:
    with opened(browser, file, color_scheme=scheme, viewport={"width": width, "height": 780}) as dashboard:
        for summary in dashboard.page.query_selector_all("summary"):
            summary.click()
        _rest_on_a_day(dashboard)
        results = Axe().run(dashboard.page)
        assert dashboard.told == []
    serious = [found for found in results.response["violations"] if found["impact"] in {"serious", "critical"}]
    assert [(found["id"], [node["html"][:200] for node in found["nodes"][:3]]) for found in serious] == []


def _rest_on_a_day(dashboard: Dashboard) -> None:
    """What a chart says of the day below the pointer is there only while the pointer rests on it."""
    dashboard.page.hover("#rates svg.chart")
    dashboard.page.wait_for_selector("#rates svg.chart [aria-label='tip'] text")


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_the_page_is_never_wider_than_the_screen(width: int, browser: Any, file: Path) -> None:
    with opened(browser, file, viewport={"width": width, "height": 780}) as dashboard:
        assert dashboard.page.evaluate("document.documentElement.scrollWidth") <= width
        boxes = dashboard.page.eval_on_selector_all(
            ".chart", "(all) => all.map((each) => each.getBoundingClientRect().right)"
        )
        assert len(boxes) >= 8
        assert max(boxes) <= width


def test_the_page_asks_nobody_for_anything(dashboard: Dashboard, file: Path) -> None:
    dashboard.choose(agent="ONEST")
    assert [address.partition("#")[0] for address in dashboard.requests] == [file.as_uri()]
    assert dashboard.told == []


def test_keys_alone_reach_the_filters_and_change_them(dashboard: Dashboard) -> None:
    reached = []
    for _ in range(4):
        dashboard.page.keyboard.press("Tab")
        reached.append(dashboard.page.evaluate("document.activeElement.id || document.activeElement.className"))
        if reached[-1] == "agent":
            break
    assert reached == ["skip", "agent"]
    dashboard.page.keyboard.press("ArrowDown")
    assert {row[1] for row in dashboard.table("calls")} == {"Admissions Guide"}
    dashboard.page.keyboard.press("Tab")
    assert dashboard.page.evaluate("document.activeElement.id") == "campaign"


def test_every_chart_says_in_words_what_it_shows(dashboard: Dashboard) -> None:
    labels = dashboard.page.eval_on_selector_all(
        "svg.chart", "(all) => all.map((each) => each.getAttribute('aria-label'))"
    )
    assert len(labels) >= 8
    assert all(len(label) > 20 for label in labels)


def test_a_view_can_be_kept_by_its_address(file: Path, dashboard: Dashboard) -> None:
    dashboard.choose(agent="ONEST")
    address = dashboard.page.url
    assert "agent=ONEST" in address
    dashboard.page.goto("about:blank")
    dashboard.page.goto(address)
    dashboard.page.wait_for_selector("html[data-ready]")
    assert {row[1] for row in dashboard.table("calls")} == {"ONEST"}


def test_texts_of_calls_are_only_text(browser: Any, published: Path, tmp_path: Path) -> None:
    frames = read_frames(published)
    for name, columns in {
        "funnel": ("agent_name", "campaign"),
        "interest": ("agent_name", "interest_status"),
        "coverage": ("agent_name", "key"),
        "calls": ("agent_name", "next_action", "interest_status", "outcome"),
    }.items():
        frames[name] = frames[name].with_columns(pl.lit(HOSTILE).alias(column) for column in columns)
    calls = frames["calls"].with_columns(recording_url=pl.lit("javascript:document.title='owned'"))
    page = tmp_path / "dashboard.html"
    page.write_text(page_of(frames | {"calls": calls}, "state", unmask=False), encoding="utf-8")
    with opened(browser, page) as dashboard:
        assert dashboard.page.title() == "Dialflo calls"
        assert dashboard.page.query_selector("main img") is None
        assert dashboard.page.query_selector('[data-table="calls"] a') is None
        assert HOSTILE in dashboard.page.text_content("#agent")
        assert {row[0] for row in dashboard.table("interest_distribution")} == {HOSTILE}
        assert dashboard.told == []


def test_tasks_that_were_not_found_are_named_with_the_reason(dashboard: Dashboard, ask: Ask) -> None:
    lost = ask("SELECT task_id FROM main.tasks WHERE state = 'not_found' ORDER BY call_date DESC, task_id")
    assert len(lost) > 3
    named = ", ".join(task_id for (task_id,) in lost[:3])
    (item,) = dashboard.page.query_selector_all("#lost li")
    assert item.text_content() == f"{len(lost)} tasks not found (HTTP 404): {named} and {len(lost) - 3} more"
    assert dashboard.page.is_visible("#lost")


def test_without_such_tasks_none_are_named(browser: Any, published: Path, tmp_path: Path) -> None:
    frames = read_frames(published)
    page = tmp_path / "dashboard.html"
    frames |= {"lost_tasks": frames["lost_tasks"].clear()}
    page.write_text(page_of(frames, "state", unmask=False), encoding="utf-8")
    with opened(browser, page) as dashboard:
        assert not dashboard.page.is_visible("#lost")
        assert dashboard.told == []


def test_a_warehouse_without_calls_says_so(browser: Any, tmp_path: Path) -> None:
    private = tmp_path / "work" / "warehouse.duckdb"
    loader.load(private, Lake(tmp_path / "lake", tmp_path / "work"), {})
    marts.build(private, SETTINGS)
    publish.publish(private, tmp_path / "warehouse.duckdb", tmp_path / "work")
    made = build_dashboard(tmp_path / "warehouse.duckdb", tmp_path / "dashboard.html", tmp_path / "aside")
    with opened(browser, made.path) as dashboard:
        assert "No calls yet" in dashboard.page.text_content("#message")
        assert not dashboard.page.is_visible("#figures")
        assert dashboard.told == []


def test_a_file_of_ninety_days_and_fifty_agents_is_drawn_at_once(
    browser: Any, published: Path, tmp_path: Path, file: Path
) -> None:
    frames = read_frames(published)
    frames |= {name: _enlarged(frames[name]) for name in ("funnel", "numbers", "hours", "interest", "coverage")}
    page = tmp_path / "dashboard.html"
    page.write_text(page_of(frames, "state", unmask=False), encoding="utf-8")
    assert page.stat().st_size < 2_000_000
    with opened(browser, page) as large, opened(browser, file) as small:
        paints = [
            each.page.evaluate("performance.getEntriesByType('measure').find((one) => one.name === 'drawn').duration")
            for each in (large, small)
        ]
        assert len(large.page.query_selector_all("#agent option")) > 50
    assert paints[0] < 20 * paints[1]
    assert paints[0] < 10_000


def _enlarged(frame: pl.DataFrame) -> pl.DataFrame:
    """The same counts for fifty agents and ninety days."""
    day = frame.filter(pl.col("call_date") == frame["call_date"].min()).drop("call_date", "agent_name")
    days = pl.DataFrame({"call_date": [frame["call_date"].max() - timedelta(days=back) for back in range(90)]})  # type: ignore[operator]  # a day
    agents = pl.DataFrame({"agent_name": [f"Agent {place:02}" for place in range(50)]})
    keys = [name for name in day.columns if not name.endswith("calls")]
    return days.join(agents, how="cross").join(day.unique(keys), how="cross").select(frame.columns)
