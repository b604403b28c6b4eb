"""The standard streams as a shell may hand them over: closed, or in an encoding that cannot hold every text."""

import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import duckdb
import pytest

from tests.support.sampling import sampled

DIALFLO = Path(sys.executable).parent / "dialflo"
ROOT = Path(__file__).resolve().parents[3]


def _shell(folder: Path, line: str, **env: str) -> subprocess.CompletedProcess[bytes]:
    """Run a line of shell in which `dialflo` is the command under test."""
    settings = {"DIALFLO_DATA_DIR": str(folder), "PYTHONPATH": str(ROOT)}
    script = f'dialflo() {{ "{DIALFLO}" "$@"; }}; {line}'
    return subprocess.run(["sh", "-c", script], env={**os.environ, **settings, **env}, capture_output=True, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with an empty published warehouse."""
    duckdb.connect(tmp_path / "warehouse.duckdb").close()
    return tmp_path


@pytest.mark.parametrize(
    ("result_format", "due"),
    [
        ("csv", rb"\xe9"),
        pytest.param("json", rb"\u00e9", marks=pytest.mark.exhaustive),
        pytest.param("table", rb"\xe9", marks=pytest.mark.exhaustive),
    ],
)
def test_text_that_the_output_cannot_hold_is_written_in_escapes(folder: Path, result_format: str, due: bytes) -> None:
    done = _shell(folder, f"dialflo query \"SELECT 'é' AS x\" --format {result_format}", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert due in done.stdout


@pytest.mark.parametrize(("command", "due"), [("tasks add -", 1), ("tasks forget -", 2), ("query -", 2)])
def test_a_closed_input_is_told(folder: Path, command: str, due: int) -> None:
    done = _shell(folder, f"dialflo {command} <&-")
    assert done.returncode == due
    assert b"Standard input is closed." in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_command_that_opens_connections_ends_as_it_should_without_an_input(folder: Path) -> None:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        done = _shell(folder, "dialflo doctor <&-", DIALFLO_BASE_URL=url, DIALFLO_API_TOKEN="a" * 20)
        server.shutdown()
    assert done.returncode == 1
    assert b"Assertion" not in done.stderr


@pytest.mark.parametrize("result_format", sampled(["csv"], ["json", "table"]))
def test_rows_for_an_output_that_is_closed_go_nowhere(folder: Path, result_format: str) -> None:
    done = _shell(folder, f'dialflo query "SELECT 1" --format {result_format} >&-')
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr


def test_no_file_gets_the_number_of_a_stream_that_is_closed(folder: Path) -> None:
    code = (
        "import os; from dialflo_pipeline.cli import streams; streams.fill_closed_streams(); print(os.open(os.sep, 0))"
    )
    done = _shell(folder, f'"{sys.executable}" -c "{code}" <&- 2>&-')
    assert int(done.stdout) > 2


def test_a_reader_that_leaves_early_ends_the_command_without_a_stack_trace(folder: Path) -> None:
    done = _shell(folder, 'dialflo query "FROM range(300000)" --format csv | head -1')
    assert done.stdout == b"range\n"
    assert b"Traceback" not in done.stderr
