"""What a run removes before it begins."""

import os
import time
from pathlib import Path

from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.recovery.cleanup import LEFTOVER_AGE_SECONDS, clean_up


def test_only_pages_that_a_killed_command_left_are_removed(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path)
    data_dir.dashboard_aside.mkdir(parents=True)
    left, under_way = (data_dir.dashboard_aside / name for name in ("left.html", "under_way.html"))
    for path in (left, under_way):
        path.write_text("<!doctype html>")
    before = time.time() - LEFTOVER_AGE_SECONDS - 1
    os.utime(left, (before, before))
    clean_up(data_dir)
    assert (left.exists(), under_way.exists()) == (False, True)
