"""Which file the settings are read from: the one that DIALFLO_ENV_FILE names, else the nearest `.env`."""

import os
from pathlib import Path
from typing import Final

from dialflo_pipeline.core.errors import SettingsError

ENV_PREFIX: Final = "DIALFLO_"
ENV_FILE: Final = f"{ENV_PREFIX}ENV_FILE"
CALLED_IN: Final = f"{ENV_PREFIX}CALLED_IN"
"""Not a setting: tells the processes that Dagster starts in which folder the command was called."""


def find_env_file(start: Path) -> Path | None:
    """The chosen file, else the nearest `.env` in `start` or a folder above it.

    Raises `SettingsError` if the chosen file does not exist.
    """
    if chosen := os.environ.get(ENV_FILE):
        path = (start / Path(chosen).expanduser()).absolute()
        if not path.is_file():
            raise SettingsError(f"There is no file {path} (--env-file or {ENV_FILE}).")
        return path
    return next((path for folder in (start, *start.parents) if (path := folder / ".env").is_file()), None)


def choose_env_file(path: Path) -> None:
    """Read the settings from this file, in this process and in those it starts, whatever their folder is."""
    os.environ[ENV_FILE] = str(path.expanduser().absolute())


def is_configured(start: Path) -> bool:
    """Whether there is any setting: a file to read them from, or a DIALFLO_* variable that is not empty."""
    names = (name.upper() for name, value in os.environ.items() if value)
    return find_env_file(start) is not None or any(
        name.startswith(ENV_PREFIX) and name not in (ENV_FILE, CALLED_IN) for name in names
    )
