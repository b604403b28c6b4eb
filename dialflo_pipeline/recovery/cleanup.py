"""What killed processes left behind: unfinished files and the notes of runs that no longer exist."""

import shutil
import time
from typing import Final

from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.lake.last_run import LAST_RUN
from dialflo_pipeline.storage import liveness
from dialflo_pipeline.storage.locks import RUN_HOLDER, registration_lock

LEFTOVER_AGE_SECONDS: Final = 3_600
"""No dashboard takes so long to write; an older unfinished one was left by a killed command."""


def clean_up(data_dir: DataDir) -> None:
    """Remove what killed processes left unfinished, and make the inbox; only for the holder of the run lock."""
    shutil.rmtree(data_dir.aside, ignore_errors=True)
    liveness.remove_stale(data_dir.work)
    for leftover in (*data_dir.work.glob(f"{RUN_HOLDER}.*"), *data_dir.work.glob(f"*-{LAST_RUN}")):
        leftover.unlink(missing_ok=True)
    with registration_lock(data_dir.work):
        shutil.rmtree(data_dir.registration_lake.aside, ignore_errors=True)
    _remove_old_dashboards(data_dir)
    data_dir.inbox.mkdir(parents=True, exist_ok=True)


def _remove_old_dashboards(data_dir: DataDir) -> None:
    # `dialflo dashboard` holds no run lock and may be writing one now.
    for leftover in data_dir.dashboard_aside.glob("*"):
        if leftover.stat().st_mtime < time.time() - LEFTOVER_AGE_SECONDS:
            leftover.unlink(missing_ok=True)
