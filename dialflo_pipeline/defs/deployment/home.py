"""Where Dagster keeps its run history, and what must lie there."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.storage.atomic_write import move, sync

CONFIG = "dagster.yaml"


def dagster_home(data_dir: DataDir, start: Path) -> Path:
    """`DAGSTER_HOME` if set, else `dagster_home/` of the checkout that holds `start` and the data, else below the data.

    History stands with its data: a checkout's is not mixed with runs over data elsewhere. The folder is made if it is
    missing, and so is its dagster.yaml.
    """
    chosen = os.environ.get("DAGSTER_HOME")
    home = Path(chosen).expanduser().absolute() if chosen else _unchosen_home(data_dir, start)
    return _prepared(home)


def home_beside(data_dir: DataDir) -> Path:
    """A run history below the data, whatever is set: for data that must not mix with any other."""
    return _prepared(_below(data_dir))


def _prepared(home: Path) -> Path:
    home.mkdir(parents=True, exist_ok=True)
    if not (home / CONFIG).exists():
        # By one name, so that what a killed process left is used up by the next.
        unfinished = home / f"{CONFIG}.unfinished"
        shutil.copyfile(_template(), unfinished)
        sync(unfinished)
        with suppress(FileNotFoundError):  # another process that starts here too has just put the same one in place
            move(unfinished, home / CONFIG)
    return home


def _below(data_dir: DataDir) -> Path:
    return data_dir.work / "dagster"


def _unchosen_home(data_dir: DataDir, start: Path) -> Path:
    for folder in (start, *start.parents):
        home = folder / "dagster_home"
        if (home / CONFIG).is_file() and data_dir.root.is_relative_to(folder):
            return home
    return _below(data_dir)


def _template() -> Path:
    """The project's dagster.yaml: in the package of a wheel, beside it in a checkout."""
    package = Path(__file__).resolve().parents[2]
    packed = package / "dagster_home" / CONFIG
    return packed if packed.is_file() else package.parent / "dagster_home" / CONFIG
