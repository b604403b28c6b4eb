import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from dialflo_pipeline.core.schema import TASK_IDS
from dialflo_pipeline.lake.store import Lake
from tests.support.sampling import sampled

SCRIPT = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo
from dialflo_pipeline.lake import store as lake_module
from dialflo_pipeline.extract.task_ids.files.reader import read
from dialflo_pipeline.extract.task_ids.register import register

root, source, die_after = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
whole_append = lake_module.Lake.append
appended = 0

def append(*args):
    global appended
    path = whole_append(*args)
    appended += 1
    if appended == die_after:
        import os, signal
        os.kill(os.getpid(), signal.SIGKILL)
    return path

lake_module.Lake.append = append
lake = lake_module.Lake(root / "lake", root / "work" / "aside")
zone = ZoneInfo("UTC")
print("ready", flush=True)
sys.stdin.readline()
done = register(lake, read(source, None, None, zone), datetime.now(UTC), zone, work_dir=root / "work")
print(done.registered, done.already_known)
"""


def start(root: Path, source: Path, die_after: int = 0) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", SCRIPT, str(root), str(source), str(die_after)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def placed(root: Path) -> list[tuple[str, date]]:
    lake = Lake(root / "lake", root / "work" / "aside")
    rows = [lake.read(TASK_IDS, day).select("task_id", "call_date").rows() for day in lake.days(TASK_IDS)]
    return sorted((task_id, day) for some in rows for task_id, day in some)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A hundred ids on five days, and all of them once more with days one later."""
    path = tmp_path / "ids.csv"
    lines = [f"id-{number % 100},2025-01-{1 + number % 5 + number // 100:02}" for number in range(200)]
    path.write_text("\n".join(["task_id,call_date", *lines]))
    return path


def test_processes_that_register_at_once_share_the_ids_out(tmp_path: Path, source: Path) -> None:
    processes = [start(tmp_path, source) for _ in range(3)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    counts = [tuple(map(int, process.communicate()[0].split())) for process in processes]
    assert sorted(counts) == [(0, 200), (0, 200), (100, 100)]
    assert len(placed(tmp_path)) == 100


@pytest.mark.parametrize("die_after", sampled([3], [1, 5]))
def test_registering_again_after_a_kill_gives_what_one_undisturbed_run_gives(
    tmp_path: Path, source: Path, die_after: int
) -> None:
    for root in (tmp_path / "undisturbed", tmp_path / "killed"):
        with start(root, source, die_after if root.name == "killed" else 0) as process:
            process.communicate("\n")
        assert process.returncode == (-9 if root.name == "killed" else 0)
    assert len(placed(tmp_path / "killed")) == 20 * die_after
    with start(tmp_path / "killed", source) as process:
        process.communicate("\n")
    assert placed(tmp_path / "killed") == placed(tmp_path / "undisturbed")
