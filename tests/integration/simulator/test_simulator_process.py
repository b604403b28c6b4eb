import contextlib
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from dialflo_pipeline.core.errors import PermanentError
from dialflo_pipeline.simulator import RunningSimulator, SimulatorOptions, running_simulator

SMALL = SimulatorOptions(days=1, tasks_per_day=5)

SERVE = """
from dialflo_pipeline.simulator import SimulatorOptions
from dialflo_pipeline.simulator.server import serve
serve(SimulatorOptions(days=1, tasks_per_day=5), lambda running: print(running.base_url, flush=True))
print("returned")
"""

PARENT = """
import sys
from dialflo_pipeline.simulator import SimulatorOptions, running_simulator
with running_simulator(SimulatorOptions(days=1, tasks_per_day=5)) as running:
    print(running.base_url, flush=True)
    sys.stdin.read()
"""


def _connect(base_url: str) -> socket.socket:
    address = urlsplit(base_url)
    return socket.create_connection((address.hostname, address.port), timeout=20)


def _wait_until_closed(connection: socket.socket) -> None:
    """Nothing was asked on it, so only the end of its server ends it; a connection not yet accepted is reset."""
    with contextlib.suppress(ConnectionResetError):
        assert connection.recv(1) == b""


def _python(code: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_the_simulator_listens_on_loopback_while_the_block_lasts_and_no_longer() -> None:
    with running_simulator(SMALL) as running:
        assert running.base_url.startswith("http://127.0.0.1:")
        assert httpx.get(f"{running.base_url}/call_details/x", trust_env=False).status_code == 401
    with pytest.raises(ConnectionRefusedError):
        _connect(running.base_url)


def test_the_simulator_ends_when_the_block_fails() -> None:
    seen: list[RunningSimulator] = []

    def fail_inside() -> None:
        with running_simulator(SMALL) as running:
            seen.append(running)
            raise RuntimeError("inside")

    with pytest.raises(RuntimeError, match="inside"):
        fail_inside()
    with pytest.raises(ConnectionRefusedError):
        _connect(seen[0].base_url)


def test_the_port_and_token_can_be_chosen() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with running_simulator(SMALL.model_copy(update={"port": port, "token": "chosen"})) as running:
        assert running == RunningSimulator(f"http://127.0.0.1:{port}", "chosen")


def test_a_taken_port_is_named_when_the_simulator_cannot_start() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PermanentError, match=f"did not start.*Port {port} on 127.0.0.1 cannot be used"):
            running_simulator(SMALL.model_copy(update={"port": port})).__enter__()


def test_a_missing_folder_of_documents_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    with pytest.raises(PermanentError, match="missing is not a folder"):
        running_simulator(SimulatorOptions(documents=missing)).__enter__()


def test_the_simulator_dies_with_a_parent_that_is_killed() -> None:
    with _python(PARENT) as parent, _connect(_first_line(parent)) as connection:
        parent.kill()
        _wait_until_closed(connection)


def test_serving_returns_on_ctrl_c() -> None:
    with _python(SERVE) as process:
        base_url = _first_line(process)
        assert httpx.get(f"{base_url}/call_details/x", trust_env=False).status_code == 401
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=20)
    assert (rest.strip(), process.returncode) == ("returned", 0)
