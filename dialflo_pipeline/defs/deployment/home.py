"""Where Dagster keeps its run history, and what must lie there."""

import hashlib
import os
import re
import shutil
from contextlib import suppress
from pathlib import Path

from dialflo_pipeline.core.errors import SettingsError
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.storage.atomic_write import move, sync

CONFIG = "dagster.yaml"
_ESCAPE = re.compile("%[0-9A-Fa-f]{2}")


def dagster_home(data_dir: DataDir, start: Path) -> Path:
    """`DAGSTER_HOME` if set, else `dagster_home/` of the checkout that holds `start` and the data, else below the data.

    The history is kept with its data: a checkout's is not mixed with runs over data elsewhere. A missing folder is
    made, and so is its dagster.yaml.
    """
    chosen = os.environ.get("DAGSTER_HOME")
    home = Path(chosen).expanduser().absolute() if chosen else _unchosen_home(data_dir, start)
    return _path_without_escapes(_prepared(home))


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


def has_escape(path: Path) -> bool:
    """Whether the path has a %XX. Dagster puts paths into SQLite URLs unquoted, so it would be decoded there."""
    return _ESCAPE.search(str(path)) is not None


def _path_without_escapes(home: Path) -> Path:
    """The same folder by a path without %XX: a link in the user's state folder, where that is needed."""
    if not has_escape(home):
        return home
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "dialflo"
    link = state / hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    if has_escape(link):
        raise SettingsError(f"Set DAGSTER_HOME to a folder whose path has no %XX, unlike {home}.")
    state.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        with suppress(FileExistsError):  # another process has just made it
            link.symlink_to(home, target_is_directory=True)
    return link


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
