"""The whole bundle: a text per file, as a folder or as a zip that is the same to the byte whenever it is made."""

import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from bi.superset import dashboard, datasets, kinds
from bi.superset.charts import CHARTS
from bi.superset.names import VERSION, identity
from dialflo_pipeline.marts.model import Model

ROOT = "dialflo"
"""The one folder that Superset wants in a zip."""

DATABASE = "Dialflo"
PLACEHOLDER = "/path/to/warehouse.duckdb"
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The oldest time that a zip can tell."""


def bundle(models: Iterable[Model], warehouse: str = PLACEHOLDER, *, only_charted: bool = False) -> dict[str, str]:
    """The path within the bundle and the text of every file, for a published file at this absolute path.

    `only_charted` leaves out the datasets that no chart shows.
    """
    charted = {chart.dataset for chart in CHARTS}
    made = {
        dataset.name: dataset for dataset in datasets.datasets_of(models) if dataset.name in charted or not only_charted
    }
    database = _database(warehouse)
    parts: dict[str, Mapping[str, Any]] = {
        # Any fixed time: that of making would be another each time.
        "metadata.yaml": {"version": VERSION, "type": "Dashboard", "timestamp": "2000-01-01T00:00:00+00:00"},
        f"databases/{DATABASE}.yaml": database,
        f"dashboards/{dashboard.SLUG}.yaml": dashboard.as_yaml(made),
    }
    for name, dataset in made.items():
        parts[f"datasets/{DATABASE}/{name}.yaml"] = datasets.as_yaml(dataset, database["uuid"])
    for chart in CHARTS:
        shown = made[chart.dataset]
        parts[f"charts/{chart.key}.yaml"] = kinds.as_yaml(chart, shown.note, shown.day)
    return {name: _text(parts[name]) for name in sorted(parts)}


def write_folder(files: Mapping[str, str], folder: Path) -> None:
    """Make the folder hold these files and no other YAML."""
    for stale in set(folder.rglob("*.yaml")) - {folder / name for name in files}:
        stale.unlink()
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def write_zip(files: Mapping[str, str], path: Path) -> None:
    """Write the zip that Superset imports."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(f"{ROOT}/{name}", date_time=_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text)


def _database(warehouse: str) -> dict[str, Any]:
    # Locked to this one file: DuckDB's SQL could otherwise read any file that Superset's process can.
    config = {"access_mode": "read_only", "enable_external_access": False, "lock_configuration": True}
    return {
        "database_name": DATABASE,
        "sqlalchemy_uri": f"duckdb:///{warehouse}",
        "cache_timeout": None,
        "expose_in_sqllab": True,
        "allow_run_async": False,
        "allow_ctas": False,
        "allow_cvas": False,
        "allow_dml": False,
        "allow_csv_upload": False,
        "impersonate_user": False,
        "extra": {"allows_virtual_table_explore": True, "engine_params": {"connect_args": {"config": config}}},
        "uuid": str(identity("database", DATABASE)),
        "version": VERSION,
    }


def _text(part: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(part), sort_keys=False, allow_unicode=True, width=120)
