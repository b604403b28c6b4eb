"""What a run tidies up before it begins."""

import os
import time
from pathlib import Path

from dialflo_pipeline.lake.data_dir import SURELY_LEFT_SECONDS, DataDir


def test_only_pages_that_a_killed_command_left_are_removed(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path)
    data_dir.dashboard_aside.mkdir(parents=True)
    left, under_way = (data_dir.dashboard_aside / name for name in ("left.html", "under_way.html"))
    for path in (left, under_way):
        path.write_text("<!doctype html>")
    before = time.time() - SURELY_LEFT_SECONDS - 1
    os.utime(left, (before, before))
    data_dir.clean_up()
    assert (left.exists(), under_way.exists()) == (False, True)
