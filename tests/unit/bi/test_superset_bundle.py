"""The bundle for Superset, as committed and as made: it fits the warehouse, says nothing twice, and tells no secret."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from bi.superset import datasets, figures
from bi.superset.__main__ import FOLDER, main
from bi.superset.bundle import PLACEHOLDER, bundle, write_folder
from bi.superset.charts import CHARTS
from bi.superset.dashboard import ROWS
from dialflo_pipeline.core.schema import Privacy
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.marts.metric_catalog import marts_of
from dialflo_pipeline.marts.project import read_models, sql_folder
from dialflo_pipeline.publish.publish import read_published

ROOT = Path(__file__).resolve().parents[3]
MODELS = read_models(sql_folder())
MARTS = {mart.name: mart for mart in marts_of(MODELS)}
FILES = bundle(MODELS)
PARTS = {name: yaml.safe_load(text) for name, text in FILES.items()}
DATASETS = {part["table_name"]: part for name, part in PARTS.items() if name.startswith("datasets/")}
(DASHBOARD,) = (part for name, part in PARTS.items() if name.startswith("dashboards/"))


@pytest.fixture
def connection(simulated: DataDir) -> Iterator[duckdb.DuckDBPyConnection]:
    with read_published(simulated.published) as connection:
        yield connection


def source(dataset: dict[str, Any]) -> str:
    return f"({dataset['sql']})" if dataset["sql"] else f"{dataset['schema']}.{dataset['table_name']}"


def test_the_committed_bundle_is_the_one_that_is_made() -> None:
    committed = {path.relative_to(FOLDER).as_posix(): path.read_text("utf-8") for path in FOLDER.rglob("*.yaml")}
    assert committed == bundle(MODELS, only_charted=True), "run: python -m bi.superset"


def test_every_mart_and_the_stamp_are_datasets() -> None:
    assert DATASETS.keys() == {*MARTS, "funnel_steps", "published"}


@pytest.mark.parametrize("name", DATASETS)
def test_every_column_is_in_the_warehouse_and_described_as_there(
    name: str, connection: duckdb.DuckDBPyConnection
) -> None:
    dataset = DATASETS[name]
    found = {column: kind for column, kind, *_ in connection.execute(f"DESCRIBE FROM {source(dataset)}").fetchall()}
    stored = [column for column in dataset["columns"] if not column["expression"]]
    declared = {column["column_name"]: str(connection.sqltype(column["type"])) for column in stored}
    assert {column: found.get(column) for column in declared} == declared
    comments = dict(
        connection.execute(
            "SELECT column_name, comment FROM duckdb_columns() WHERE schema_name = ? AND table_name = ?",
            [dataset["schema"], name],
        ).fetchall()
    )
    assert all(comments[c["column_name"]].startswith(c["description"]) for c in stored if c["column_name"] in comments)
    assert dataset["sql"] or comments


@pytest.mark.parametrize("name", DATASETS)
def test_every_metric_and_reckoned_column_can_be_asked_for(name: str, connection: duckdb.DuckDBPyConnection) -> None:
    dataset = DATASETS[name]
    expressions = [metric["expression"] for metric in dataset["metrics"]]
    row = connection.execute(f"SELECT {', '.join(expressions)} FROM {source(dataset)}").fetchone()
    assert row
    assert row[0] is not None
    reckoned = [column["expression"] for column in dataset["columns"] if column["expression"]]
    for expression in reckoned:
        connection.execute(f"SELECT {expression} AS reckoned FROM {source(dataset)} GROUP BY ALL").fetchall()


def test_rates_are_sums_divided_by_sums_and_never_averages() -> None:
    rates = [m for d in DATASETS.values() for m in d["metrics"] if m["d3format"] == figures.SHARE]
    assert len(rates) > 20
    plain = [rate["expression"] for rate in rates if not rate["metric_name"].endswith((figures.LOWER, figures.UPPER))]
    assert all(re.fullmatch(r"sum\(\w+\) / nullif\(sum\(\w+\), 0\)", expression) for expression in plain)
    bounds = {rate["expression"] for rate in rates} - set(plain)
    assert all(re.fullmatch(r"staging\.wilson_(low|high)\(sum\(\w+\), sum\(\w+\)\)", bound) for bound in bounds)
    assert not any("avg" in m["expression"] for d in DATASETS.values() for m in d["metrics"])


def test_no_metric_has_the_name_of_a_column() -> None:
    for dataset in DATASETS.values():
        columns = {column["column_name"] for column in dataset["columns"]}
        assert not columns & {metric["metric_name"] for metric in dataset["metrics"]}


def test_columns_about_people_are_left_out_but_for_those_that_are_named() -> None:
    shown = {
        (name, column["column_name"])
        for name, dataset in DATASETS.items()
        for column in dataset["columns"]
        if (declared := MARTS[name].columns.get(column["column_name"]) if name in MARTS else None)
        and declared.privacy is Privacy.PERSONAL
    }
    assert shown == datasets.PERSONAL_BUT_SHOWN


def test_charts_ask_for_what_their_datasets_have() -> None:
    for chart in CHARTS:
        dataset = DATASETS[chart.dataset]
        columns = {column["column_name"] for column in dataset["columns"]}
        metrics = {metric["metric_name"] for metric in dataset["metrics"]}
        params = PARTS[f"charts/{chart.key}.yaml"]["params"]
        by = params.get("groupby", [])
        wanted = {*([by] if isinstance(by, str) else by), *filter(None, [params.get("x_axis")])}
        wanted |= {condition["subject"] for condition in params["adhoc_filters"] if "subject" in condition}
        assert wanted <= columns, chart.key
        asked = {*params.get("metrics", []), *params.get("metrics_b", []), *filter(None, [params.get("metric")])}
        assert asked, chart.key
        assert asked <= metrics, chart.key


def test_every_chart_stands_on_the_dashboard_once_and_every_row_is_full() -> None:
    placed = [key for _, row in ROWS for key in row]
    assert sorted(placed) == sorted(chart.key for chart in CHARTS)
    assert {sum(row.values()) for _, row in ROWS} == {12}
    parts = [part for part in DASHBOARD["position"].values() if isinstance(part, dict)]
    uuids = [part["meta"]["uuid"] for part in parts if part["type"] == "CHART"]
    assert sorted(uuids) == sorted(part["uuid"] for name, part in PARTS.items() if name.startswith("charts/"))


def test_a_filter_leaves_alone_the_charts_that_it_cannot_narrow() -> None:
    numbers = dict(enumerate(CHARTS, 1))
    for native in DASHBOARD["metadata"]["native_filter_configuration"]:
        excluded = {numbers[number].key for number in native["scope"]["excluded"]}
        (column,) = (target.get("column", {"name": "call_date"})["name"] for target in native["targets"])
        for chart in CHARTS:
            has = column in {known["column_name"] for known in DATASETS[chart.dataset]["columns"]}
            assert (chart.key in excluded) == (not has or (column == "call_date" and not chart.is_dated)), chart.key


def test_nothing_is_told_of_a_machine_a_person_or_a_secret() -> None:
    text = "\n".join(FILES.values())
    assert not re.search(r"https?:|password|secret|token|@\w+\.\w", text, re.IGNORECASE)
    assert not re.search(r"\+?\d{8,}", re.sub(r"[0-9a-f-]{36}", "", text))
    assert not re.search(r"(?<!\w)/(home|Users|root|srv|tmp|var|opt|work)/", text)
    assert ROOT.as_posix() not in text
    (database,) = (part for name, part in PARTS.items() if name.startswith("databases/"))
    assert database["sqlalchemy_uri"] == f"duckdb:///{PLACEHOLDER}"
    config = database["extra"]["engine_params"]["connect_args"]["config"]
    assert config == {"access_mode": "read_only", "enable_external_access": False, "lock_configuration": True}


def test_the_zip_is_the_same_to_the_byte_and_has_the_path_asked_for(tmp_path: Path) -> None:
    for name in ("one.zip", "two.zip"):
        main(["--zip", str(tmp_path / name), "--warehouse", "/srv/calls/warehouse.duckdb"])
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert {name.split("/")[0] for name in archive.namelist()} == {"dialflo"}
        assert len(archive.namelist()) == len(FILES)
        assert b"duckdb:////srv/calls/warehouse.duckdb" in archive.read("dialflo/databases/Dialflo.yaml")


def test_without_a_path_the_zip_is_for_the_file_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIALFLO_DATA_DIR", str(tmp_path / "data"))
    main(["--zip", str(tmp_path / "made.zip")])
    with zipfile.ZipFile(tmp_path / "made.zip") as archive:
        database = yaml.safe_load(archive.read("dialflo/databases/Dialflo.yaml"))
    assert database["sqlalchemy_uri"] == f"duckdb:///{(tmp_path / 'data' / 'warehouse.duckdb').resolve()}"


def test_writing_the_folder_takes_away_what_is_no_longer_made(tmp_path: Path) -> None:
    write_folder({"charts/old.yaml": "old", "metadata.yaml": "1"}, tmp_path)
    write_folder({"metadata.yaml": "2"}, tmp_path)
    assert [path.name for path in tmp_path.rglob("*.yaml")] == ["metadata.yaml"]
