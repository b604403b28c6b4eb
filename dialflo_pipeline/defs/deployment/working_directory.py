"""In which folder Dagster's programs are started, and in which the definitions work.

Each of Dagster's programs copies the `.env` of the folder where it starts into its environment, and so into all runs.
There it would win over later edits of the file. So Dagster is started in a folder without `.env`, and the definitions
change back to the folder of the command: they read the file again for each run.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from dialflo_pipeline.core.env_file import CALLED_IN
from dialflo_pipeline.lake.data_dir import DataDir


def folder_without_settings(data_dir: DataDir) -> Path:
    """Where Dagster is started; it holds no settings."""
    data_dir.work.mkdir(parents=True, exist_ok=True)
    return data_dir.work


def environment_of_dagster(home: Path, called_in: Path) -> Mapping[str, str]:
    """What Dagster's programs find beside the environment of the command."""
    return {"DAGSTER_HOME": str(home), CALLED_IN: str(called_in)}


def go_to_where_it_was_called() -> None:
    """Work in the folder of the command that started Dagster, if one of ours did."""
    if folder := os.environ.get(CALLED_IN):
        os.chdir(folder)
