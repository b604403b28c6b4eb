"""A port that is taken ends a command at its start, with the process that has it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dialflo_pipeline.cli.ports import listeners, require_free_port
from dialflo_pipeline.core.errors import UsageError
from tests.unit.cli.test_app import run

LISTEN = """
import socket, sys
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
sys.stdin.read()
"""


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_free_port_is_no_error(taken: int) -> None:
    require_free_port("127.0.0.1", 0)
    require_free_port("localhost", 0)


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost"])  # noqa: S104 - the port is taken
def test_a_taken_port_is_one_sentence(taken: int, host: str) -> None:
    with pytest.raises(UsageError, match=rf"Port {taken} on {host} cannot be used: Address already in use(,|\.)"):
        require_free_port(host, taken)


def test_a_port_is_free_again_once_its_server_has_ended(taken: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            server.accept()[0].close()
    require_free_port("127.0.0.1", port)


def test_a_host_that_is_not_known_is_one_sentence() -> None:
    with pytest.raises(UsageError, match=r"no\.such\.host\.invalid"):
        require_free_port("no.such.host.invalid", 3000)


@pytest.mark.parametrize("command", [["dev"], ["simulate"], ["page", "-w", "workspace.yaml"]])
@pytest.mark.skipif(not os.path.isdir("/proc/net"), reason="the process is found on Linux only")
def test_a_command_ends_with_two_and_names_the_process_that_has_the_port(
    taken: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    (tmp_path / "workspace.yaml").write_text("load_from: []\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DIALFLO_DATA_DIR", str(tmp_path / "data"))
    began = time.monotonic()
    done = run(*command, "--port", str(taken))
    assert (done.returncode, done.stdout) == (2, "")
    assert f"(process {os.getpid()})" in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists()
    assert time.monotonic() - began < 60


@pytest.mark.skipif(not os.path.isdir("/proc/net"), reason="the process is found on Linux only")
def test_the_listener_of_a_port_is_found_in_another_process() -> None:
    with subprocess.Popen([sys.executable, "-c", LISTEN], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout
        assert listeners(int(server.stdout.readline())) == [server.pid]
        server.communicate()
