"""In which folder Dagster's programs are started, and in which the definitions work.

Each of Dagster's programs puts what stands in a `.env` of the folder where it starts into its environment, and so into
that of all runs. There it would stay, and beat whatever somebody mends in the file later. So Dagster is started where
no `.env` is, and the definitions go back to where the command was called: they read the file anew for each run.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from dialflo_pipeline.core.env_file import CALLED_IN
from dialflo_pipeline.lake.data_dir import DataDir


def folder_without_settings(data_dir: DataDir) -> Path:
    """Where Dagster is started; nobody keeps settings there."""
    data_dir.work.mkdir(parents=True, exist_ok=True)
    return data_dir.work


def environment_of_dagster(home: Path, called_in: Path) -> Mapping[str, str]:
    """What Dagster's programs find beside the environment of the command."""
    return {"DAGSTER_HOME": str(home), CALLED_IN: str(called_in)}


def go_to_where_it_was_called() -> None:
    """Work in the folder of the command that started Dagster, if one of ours did."""
    if folder := os.environ.get(CALLED_IN):
        os.chdir(folder)
