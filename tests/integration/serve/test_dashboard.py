"""The dashboard made from a published warehouse: what is read equals the marts, and when it is made anew."""

import shutil
import stat
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from dialflo_pipeline.cli.commands.dashboard import run_dashboard
from dialflo_pipeline.core.errors import DashboardFailed, NotPublished
from dialflo_pipeline.core.schema import CALLS, TASKS, WAREHOUSE_TABLES
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.lake.partitions import registered_days
from dialflo_pipeline.lake.store import Lake
from dialflo_pipeline.load import loader
from dialflo_pipeline.marts import build as marts
from dialflo_pipeline.marts.settings import MartSettings
from dialflo_pipeline.publish import publish
from dialflo_pipeline.serve.dashboard import build as making
from dialflo_pipeline.serve.dashboard.build import build_dashboard, is_current
from dialflo_pipeline.serve.dashboard.encode import unpacked
from dialflo_pipeline.serve.dashboard.limits import Frames
from dialflo_pipeline.serve.dashboard.queries import read_frames
from tests.support.canaries import canaries_in

SETTINGS = MartSettings("Asia/Kolkata", 3, 30, campaign_key="product")


@pytest.fixture(scope="module")
def published(simulated: DataDir, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The simulated calls with their product as campaign, in a zone that is half an hour off."""
    root = tmp_path_factory.mktemp("dashboard")
    private = root / "work" / "warehouse.duckdb"
    loader.load(private, simulated.lake, dict.fromkeys(registered_days(simulated.lake), "loaded"))
    marts.build(private, SETTINGS)
    publish.publish(private, root / "warehouse.duckdb", root / "work")
    return root / "warehouse.duckdb"


@pytest.fixture(scope="module")
def frames(published: Path) -> Frames:
    return read_frames(published)


@pytest.fixture
def make(published: Path, tmp_path: Path) -> Callable[..., making.Dashboard]:
    """Make the dashboard in this test's own folder."""
    return lambda **options: build_dashboard(published, tmp_path / "dashboard.html", tmp_path / "aside", **options)


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A published warehouse without a task."""
    private = tmp_path / "work" / "warehouse.duckdb"
    loader.load(private, Lake(tmp_path / "lake", tmp_path / "work"), {})
    marts.build(private, SETTINGS)
    publish.publish(private, tmp_path / "warehouse.duckdb", tmp_path / "work")
    return tmp_path / "warehouse.duckdb"


def _content(page: Path) -> dict[str, Any]:
    return unpacked(page.read_text("utf-8").partition('type="text/plain">')[2].partition("<")[0])


def _texts(content: Any) -> list[str]:
    """All texts anywhere in what was packed."""
    if isinstance(content, str):
        return [content]
    parts = content.values() if isinstance(content, dict) else content if isinstance(content, list) else []
    return [text for part in parts for text in _texts(part)]


def _rows(frame: pl.DataFrame, keys: list[str], sums: list[str]) -> list[tuple[Any, ...]]:
    return sorted(frame.group_by(keys).agg(pl.col(sums).sum()).select(*keys, *sums).rows(), key=repr)


DIALLED_BY_NUMBER = """(
    SELECT call_date, from_number_e164, count(*) AS calls, count(*) FILTER (WHERE is_answered) AS answered_calls
    FROM staging.call_facts WHERE is_dialled GROUP BY ALL
)"""
"""Not marts.caller_id_health, which leaves out calls that never rang."""


@pytest.mark.parametrize(
    ("name", "keys", "counts", "mart"),
    [
        ("funnel", "call_date agent_name campaign", "dialled_calls converted_calls", "marts.conversion_funnel"),
        ("numbers", "call_date from_number_e164", "calls answered_calls", DIALLED_BY_NUMBER),
        ("numbers", "call_date agent_name", "calls answered_calls", "marts.answer_rate"),
        ("hours", "agent_name weekday hour", "calls answered_calls", "marts.best_time_to_call"),
        ("hours", "call_date agent_name weekday hour", "calls answered_calls", "staging.call_hours"),
        ("interest", "call_date agent_name interest_status", "calls", "marts.interest_distribution"),
        ("coverage", "agent_name key", "asked_calls filled_calls", "marts.metadata_coverage"),
        ("backlog_days", "call_date agent_name", "opened cleared backlog", "marts.redial_backlog_daily"),
        ("freshness", "call_date is_complete", "registered_tasks settled_tasks calls", "marts.data_freshness"),
    ],
)
def test_what_is_read_adds_up_to_the_mart(
    name: str, keys: str, counts: str, mart: str, frames: Frames, published: Path
) -> None:
    columns = ", ".join(f"{keys} {counts}".split())
    with closing(publish.read_published(published)) as connection:
        expected = sorted(connection.execute(f"SELECT {columns} FROM {mart}").fetchall(), key=repr)
    assert expected
    assert _rows(frames[name], keys.split(), counts.split()) == expected


def test_answer_rates_of_days_add_up_from_the_funnel(frames: Frames, published: Path) -> None:
    with closing(publish.read_published(published)) as connection:
        rates = connection.execute("SELECT call_date, agent_name, calls, answered_calls FROM marts.answer_rate")
        expected = sorted(rates.fetchall(), key=repr)
    assert _rows(frames["funnel"], ["call_date", "agent_name"], ["dialled_calls", "answered_calls"]) == expected


def test_every_waiting_contact_is_counted_once(frames: Frames, published: Path) -> None:
    with closing(publish.read_published(published)) as connection:
        waiting = connection.execute(
            "SELECT agent_name, reason, since, due_at, count(*) FROM marts.redial_backlog GROUP BY ALL"
        )
        expected = sorted(waiting.fetchall(), key=repr)
    assert _rows(frames["backlog"], ["agent_name", "reason", "since", "due_at"], ["contacts"]) == expected


def test_there_are_campaigns_in_everything_that_follows_one(frames: Frames) -> None:
    for name in ("funnel", "numbers", "hours", "interest", "coverage", "backlog", "calls"):
        assert {"Personal loan", "(none)"} <= set(frames[name]["campaign"]), name


def test_the_campaign_of_a_waiting_contact_is_that_of_its_latest_call(frames: Frames, published: Path) -> None:
    with closing(publish.read_published(published)) as connection:
        expected = connection.execute("""
            SELECT coalesce(campaigns.campaign, '(none)') AS campaign, count(*)
            FROM marts.redial_backlog AS backlog
            LEFT JOIN (
                SELECT DISTINCT ON (task_id) task_id, campaign FROM staging.call_campaigns ORDER BY call_index DESC
            ) AS campaigns ON campaigns.task_id = backlog.last_task_id
            GROUP BY ALL ORDER BY ALL
        """).fetchall()
    assert _rows(frames["backlog"], ["campaign"], ["contacts"]) == expected


def test_the_latest_calls_come_newest_first_and_no_more_than_wanted(frames: Frames, published: Path) -> None:
    calls = frames["calls"]
    with closing(publish.read_published(published)) as connection:
        newest = connection.execute("SELECT called_at FROM staging.call_facts ORDER BY 1 DESC LIMIT 1000").fetchall()
    assert calls["called_at"].to_list() == [called_at for (called_at,) in newest]


def test_the_page_holds_no_phone_number_unless_it_is_told_to(make: Callable[..., making.Dashboard]) -> None:
    masked = _texts(_content(make().path))
    assert [text for text in masked if canaries_in(text)] == []
    whole = _texts(_content(make(unmask=True).path))
    assert sum(1 for text in whole if canaries_in(text)) > 100


def test_the_page_holds_nothing_that_was_said(make: Callable[..., making.Dashboard], published: Path) -> None:
    with closing(publish.read_published(published)) as connection:
        said = connection.execute("""
            SELECT interest_reasoning FROM calls WHERE length(interest_reasoning) > 5
            UNION SELECT next_action_reason FROM calls WHERE length(next_action_reason) > 5
            UNION SELECT value FROM call_metadata WHERE length(value) > 15
        """).fetchall()
    assert said
    assert not {text for (text,) in said} & set(_texts(_content(make(unmask=True).path)))


def test_a_page_that_shows_the_newest_state_already_is_left_alone(make: Callable[..., making.Dashboard]) -> None:
    first = make()
    assert first.is_new
    before = first.path.stat()
    assert not make().is_new
    assert not make(rebuild=True).is_new
    after = first.path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_the_same_state_gives_the_same_bytes(make: Callable[..., making.Dashboard]) -> None:
    content = make().path.read_bytes()
    make().path.unlink()
    assert make().path.read_bytes() == content


def test_a_page_with_whole_numbers_is_masked_again_when_it_is_made_next(
    make: Callable[..., making.Dashboard],
) -> None:
    masked = make().path.read_bytes()
    assert make(unmask=True).is_new
    assert make().is_new
    assert make().path.read_bytes() == masked


def test_a_page_of_another_state_or_version_is_not_current(
    make: Callable[..., making.Dashboard], published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make().path
    assert is_current(published, path)
    monkeypatch.setattr(making, "__version__", "9.9.9")
    assert not is_current(published, path)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe not ours", b'<meta name="dialflo-state" content="'])
def test_a_damaged_page_is_made_anew(content: bytes, make: Callable[..., making.Dashboard], published: Path) -> None:
    path = make().path
    path.write_bytes(content)
    assert not is_current(published, path)
    assert make().is_new


def test_nothing_of_the_page_lies_about_while_it_is_made_or_after(make: Callable[..., making.Dashboard]) -> None:
    made = make()
    assert list((made.path.parent / "aside").iterdir()) == []
    assert stat.S_ISREG(made.path.stat().st_mode)
    assert made.byte_count == made.path.stat().st_size


def test_a_page_that_cannot_be_made_says_so_and_leaves_the_one_before(
    make: Callable[..., making.Dashboard], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make().path
    before = path.read_bytes()

    def fail(*_: object) -> str:
        raise RuntimeError("a secret in a row")

    monkeypatch.setattr(making, "document", fail)
    with pytest.raises(DashboardFailed, match=r"dashboard\.html could not be written: RuntimeError\.") as failed:
        make(unmask=True)
    assert "secret" not in str(failed.value)
    assert path.read_bytes() == before


def test_without_a_published_warehouse_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(NotPublished, match="dialflo sync"):
        build_dashboard(tmp_path / "warehouse.duckdb", tmp_path / "dashboard.html", tmp_path)
    assert is_current(tmp_path / "warehouse.duckdb", tmp_path / "dashboard.html")


def test_an_older_file_without_a_stamp_asks_for_a_sync(tmp_path: Path) -> None:
    private = tmp_path / "work" / "warehouse.duckdb"
    loader.load(private, Lake(tmp_path / "lake", tmp_path / "work"), {})
    marts.build(private, SETTINGS)
    with pytest.raises(DashboardFailed, match="older version of the pipeline; run `dialflo sync`"):
        build_dashboard(private, tmp_path / "dashboard.html", tmp_path / "aside")


def test_lost_tasks_are_counted_by_state_and_reason_with_three_ids_of_the_latest_days(
    simulated: DataDir, tmp_path: Path
) -> None:
    changed = tmp_path / "warehouse.duckdb"
    shutil.copyfile(simulated.published, changed)
    with duckdb.connect(changed) as connection:
        latest = connection.execute(
            "SELECT task_id FROM main.tasks ORDER BY call_date DESC, task_id LIMIT 5"
        ).fetchall()
        ids = [task_id for (task_id,) in latest]
        connection.execute("UPDATE main.tasks SET state = 'settled', last_error = NULL")
        connection.execute(
            "UPDATE main.tasks SET state = 'failed', last_error = 'HTTP 403' WHERE task_id IN (SELECT unnest($ids))",
            {"ids": ids[:4]},
        )
        connection.execute("UPDATE main.tasks SET state = 'failed' WHERE task_id = $id", {"id": ids[4]})
    assert read_frames(changed)["lost_tasks"].rows() == [
        ("failed", "HTTP 403", 4, ", ".join(ids[:3])),
        ("failed", "no reason recorded", 1, ids[4]),
    ]


def test_a_warehouse_without_calls_gives_a_page_without_rows(empty: Path) -> None:
    made = build_dashboard(empty, empty.parent / "dashboard.html", empty.parent / "aside")
    tables = _content(made.path)["tables"]
    assert {name: table["rows"] for name, table in tables.items() if table["rows"]} == {"about": 1}


def test_the_command_makes_the_page_and_opens_it(
    data_dir_of_simulated: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def remember(url: str) -> bool:
        opened.append(url)
        return True

    monkeypatch.setattr("webbrowser.open", remember)
    assert run_dashboard(open_it=True, unmask=False) == 0
    page = data_dir_of_simulated / "dashboard.html"
    assert opened == [page.as_uri()]
    assert str(page) in capsys.readouterr().out
    assert run_dashboard(open_it=False, unmask=False) == 0
    assert "already up to date" in capsys.readouterr().out
    page.unlink()


def test_the_command_says_when_no_browser_can_be_started(
    data_dir_of_simulated: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webbrowser.open", lambda _: False)
    assert run_dashboard(open_it=True, unmask=True) == 1
    told = capsys.readouterr().err
    assert "full phone numbers" in told
    assert "yourself" in told
    (data_dir_of_simulated / "dashboard.html").unlink()


def test_one_day_far_ahead_hides_no_other(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake", tmp_path / "work")
    moment = datetime(2024, 5, 1, 12, tzinfo=UTC)
    for day in (date(2024, 5, 1), date(9999, 12, 30)):
        task = {"task_id": str(day), "registered_at": moment, "state": "settled", "attempts": 1}
        call = {"task_id": str(day), "call_index": 0, "call_date": day, "outcome": "busy", "is_answered": False}
        call |= {"contact_number": "+1", "fetched_at": moment, "source": "api"}
        for table in WAREHOUSE_TABLES:
            rows = [task] if table is TASKS else [call] if table is CALLS else []
            lake.replace(table, [pl.DataFrame(rows, schema=table.frame_schema)], day)
    private = tmp_path / "work" / "warehouse.duckdb"
    loader.load(private, lake, dict.fromkeys((date(2024, 5, 1), date(9999, 12, 30)), "loaded"))
    marts.build(private, SETTINGS)
    publish.publish(private, tmp_path / "warehouse.duckdb", tmp_path / "work")
    frames = read_frames(tmp_path / "warehouse.duckdb")
    assert frames["funnel"]["call_date"].to_list() == [date(2024, 5, 1), date(9999, 12, 30)]
    assert frames["backlog_days"].height == 33
