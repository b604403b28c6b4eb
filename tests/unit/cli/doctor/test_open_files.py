"""Which processes hold which files."""

import subprocess
import sys
from pathlib import Path

from dialflo_pipeline.cli.doctor.open_files import open_files
from dialflo_pipeline.cli.processes import PROC, command_of

HOLD = "import sys; held = open(sys.argv[1]); print('open', flush=True); sys.stdin.read()"


def test_a_file_that_another_process_has_open_is_found_with_its_process(tmp_path: Path) -> None:
    file = tmp_path / "warehouse.duckdb"
    file.touch()
    command = [sys.executable, "-c", HOLD, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert open_files(tmp_path) == ({file: [process.pid]} if PROC.is_dir() else {})
        assert command_of(process.pid).startswith("python" if PROC.is_dir() else "a process")
        assert open_files(tmp_path / "elsewhere") == {}


def test_files_of_this_process_do_not_count(tmp_path: Path) -> None:
    with (tmp_path / "own").open("w"):
        assert open_files(tmp_path) == {}
