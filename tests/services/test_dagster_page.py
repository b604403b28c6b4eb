"""Dagster's web page as a person sees it: in a real browser, on what `dialflo dev` serves."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from dialflo_pipeline.cli.commands.tasks import register_file
from dialflo_pipeline.cli.sync import sync
from dialflo_pipeline.core.settings import Settings
from dialflo_pipeline.defs.assets.registration import SOURCES_READ
from dialflo_pipeline.extract.task_ids.files.reader import read
from dialflo_pipeline.simulator import RunningSimulator, SimulatorOptions, TaskRow, running_simulator, task_rows
from tests.support.dagster_page import DagsterPage, browser_page, dagster_page, until

pytestmark = [pytest.mark.services, pytest.mark.xdist_group("dagster page")]

OPTIONS = SimulatorOptions(days=3, tasks_per_day=20)

ASSETS = """
{ assetNodes {
    assetKey { path } description groupName owners { __typename } kinds isMaterializable isPartitioned
    metadataEntries { label ... on TableSchemaMetadataEntry { schema { columns { name description } } } }
    assetMaterializations(limit: 5) { metadataEntries { label ... on TextMetadataEntry { text } } }
    assetChecksOrError { ... on AssetChecks { checks {
        name description executionForLatestMaterialization { status evaluation { description } }
    } } }
} }
"""
BACKFILLS = "{ partitionBackfillsOrError { ... on PartitionBackfills { results { id status numPartitions } } } }"
RUNS = "{ runsOrError { ... on Runs { results { status jobName } } } }"
MADE = """
query ($tag: String!) {
  runsOrError(filter: {tags: [{key: "dagster/backfill", value: $tag}]}) {
    ... on Runs { results { stepStats { stepKey } } }
  }
}
"""
PARTITIONS = "{ assetNodes { assetKey { path } partitionKeys } }"


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    with running_simulator(OPTIONS) as running:
        yield running


@pytest.fixture(scope="module")
def settings(simulator: RunningSimulator, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A data folder with two of three days synced."""
    root = tmp_path_factory.mktemp("page")
    token = SecretStr(simulator.token)
    settings = Settings(
        data_dir=root / "data", base_url=simulator.base_url, api_token=token, rate_limit=0, settle_hours=1
    )
    register(settings, [row for row in task_rows(OPTIONS) if row.completed_at.date() > first_day()])
    assert sync(settings) == 0
    return settings


def first_day() -> date:
    return min(row.completed_at.date() for row in task_rows(OPTIONS))


def register(settings: Settings, rows: Iterable[TaskRow]) -> None:
    file = settings.data_dir.parent / "ids.csv"
    lines = ["task_id,completed_at", *(f"{row.task_id},{row.completed_at.isoformat()}" for row in rows)]
    file.write_text("\n".join(lines))
    register_file(settings, read(file, None, None, settings.zone))


@pytest.fixture(scope="module")
def served(settings: Settings) -> Iterator[DagsterPage]:
    environment = {
        "DIALFLO_DATA_DIR": str(settings.data_dir),
        "DIALFLO_BASE_URL": settings.base_url,
        "DIALFLO_SETTLE_HOURS": "1",
        "DIALFLO_API_TOKEN": settings.api_token.get_secret_value() if settings.api_token else "",
        "DIALFLO_RATE_LIMIT": "0",
        "DAGSTER_HOME": str(settings.data_dir / "work" / "dagster"),
    }
    with dagster_page(environment, settings.data_dir.parent) as page:
        yield page


def nodes(served: DagsterPage) -> dict[str, dict[str, Any]]:
    found = served.ask(ASSETS)["assetNodes"]
    return {"/".join(node["assetKey"]["path"]): node for node in found}


def test_every_asset_and_every_check_says_what_it_is(served: DagsterPage) -> None:
    for name, node in nodes(served).items():
        assert node["description"], name
        assert node["owners"], name
        assert node["kinds"], name
        assert re.match(r"\d_", node["groupName"]), name
        for entry in node["metadataEntries"]:
            assert all(column["description"] for column in entry.get("schema", {}).get("columns", [])), name
        for check in node["assetChecksOrError"].get("checks", []):
            assert check["description"], (name, check["name"])


def test_after_a_sync_no_check_has_failed_and_each_says_a_sentence(served: DagsterPage) -> None:
    checks = [
        (name, check) for name, node in nodes(served).items() for check in node["assetChecksOrError"].get("checks", [])
    ]
    # Only runs that read the sources evaluate that one, and here ids came by the command line.
    checks = [(name, check) for name, check in checks if check["name"] != SOURCES_READ.name]
    assert len(checks) > 20
    for name, check in checks:
        latest = check["executionForLatestMaterialization"]
        assert latest, (name, check["name"])
        assert latest["status"] == "SUCCEEDED", (name, check["name"], latest)
        assert latest["evaluation"]["description"].endswith("."), (name, check["name"])


def test_nothing_of_a_person_is_on_the_page(served: DagsterPage, settings: Settings) -> None:
    shown = json.dumps(nodes(served))
    ids = {row.task_id for row in task_rows(OPTIONS)}
    assert not [task_id for task_id in ids if task_id in shown]
    assert not re.search(r"\+\d{8,}", shown)


def test_the_browser_shows_columns_with_their_meaning_and_origin(served: DagsterPage) -> None:
    with browser_page() as page:
        page.goto(f"{served.url}/assets/marts/answer_rate")
        page.get_by_text("Dialled calls.").first.wait_for()
        text = page.locator("body").inner_text()
    assert "From staging.agent_day_counts.answered_calls" in text
    assert "privacy: none" in text
    assert "Failed" not in text


def test_a_backfill_launched_by_clicking_completes(served: DagsterPage) -> None:
    with browser_page() as page:
        page.goto(f"{served.url}/asset-groups")
        skip_greeting(page)
        page.get_by_role("button", name="Materialize all").click()
        page.get_by_role("button", name="All", exact=True).last.click()
        page.get_by_role("button", name="Launch backfill").click()
        until(lambda: backfills(served), "the backfill is asked for")
    until(lambda: backfills(served)[0]["status"] not in ("REQUESTED", "CANCELING"), "the backfill is over")
    assert backfills(served)[0]["status"] == "COMPLETED_SUCCESS"
    made = served.ask(MADE, tag=backfills(served)[0]["id"])["runsOrError"]["results"]
    steps = Counter(stat["stepKey"] for run in made for stat in run["stepStats"])
    by_day = {step: len(partitions(served)) for step in ("raw_answers", "lake_tables")}
    once = dict.fromkeys(
        ("warehouse_tables", "table_checks", "models", "model_checks", "published__warehouse", "published__dashboard"),
        1,
    )
    assert steps.items() >= (by_day | once).items()
    assert {run["status"] for run in served.ask(RUNS)["runsOrError"]["results"]} == {"SUCCESS"}


def test_ids_of_an_earlier_day_get_their_partition_while_the_page_is_up(
    served: DagsterPage, settings: Settings
) -> None:
    day = first_day().isoformat()
    assert day not in partitions(served)
    register(settings, [row for row in task_rows(OPTIONS) if row.completed_at.date() == first_day()])
    until(lambda: day in partitions(served), "the page has the partition of that day")


def partitions(served: DagsterPage) -> list[str]:
    found = served.ask(PARTITIONS)["assetNodes"]
    return next(node["partitionKeys"] for node in found if node["assetKey"]["path"] == ["lake", "raw_answers"])


def backfills(served: DagsterPage) -> list[dict[str, Any]]:
    return list(served.ask(BACKFILLS)["partitionBackfillsOrError"]["results"])


def skip_greeting(page: Any) -> None:
    """Dagster greets who opens it for the first time."""
    from playwright.sync_api import TimeoutError as NotThere

    try:
        page.get_by_role("button", name="Skip").click(timeout=15_000)
    except NotThere:
        return


def test_now_is_part_of_the_days(served: DagsterPage) -> None:
    assert datetime.now(UTC).date().isoformat() in partitions(served)
