"""What a run tidies up before it begins."""

import os
import time
from pathlib import Path

from dialflo_pipeline.lake.data_dir import SURELY_LEFT_SECONDS, Workspace


def test_only_pages_that_a_killed_command_left_are_removed(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.dashboard_aside.mkdir(parents=True)
    left, under_way = (workspace.dashboard_aside / name for name in ("left.html", "under_way.html"))
    for path in (left, under_way):
        path.write_text("<!doctype html>")
    before = time.time() - SURELY_LEFT_SECONDS - 1
    os.utime(left, (before, before))
    workspace.tidy()
    assert (left.exists(), under_way.exists()) == (False, True)
