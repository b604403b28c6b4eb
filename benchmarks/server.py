"""A server on loopback that costs as little as can be: every answer is ready before the first request.

`python -m benchmarks.server FOLDER` serves the bodies in FOLDER, one file each, until its standard input ends, and
first prints its address. A task is answered with the body that is named by the last four letters of its id, so a few
files answer for any number of ids. `serving` starts nginx where there is one, else this. Neither asks for a token.
"""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import cast

NAME_LETTERS = 4
NAMES = 16**NAME_LETTERS
"""Maximum number of different bodies."""
BACKLOG = 1024
END_OF_REQUEST = b"\r\n\r\n"
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
NGINX_CONFIG = """
daemon off;
{user}
worker_processes {workers};
pid {folder}/nginx.pid;
error_log {folder}/nginx.log crit;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    default_type application/json;
    keepalive_requests 100000000;
    open_file_cache max={names} inactive=1h;
    open_file_cache_valid 1h;
    client_body_temp_path {folder}/nginx-body;
    proxy_temp_path {folder}/nginx-proxy;
    fastcgi_temp_path {folder}/nginx-fastcgi;
    uwsgi_temp_path {folder}/nginx-uwsgi;
    scgi_temp_path {folder}/nginx-scgi;
    server {{
        listen 127.0.0.1:{port} backlog={backlog};
        location ~ "^/call_details/.*([0-9a-f]{{{letters}}})$" {{ alias {folder}/bodies/$1; }}
    }}
}}
"""


def body_name(place: int) -> str:
    """The name of a body, which the ids that it answers end in."""
    return f"{place % NAMES:0{NAME_LETTERS}x}"


class Answering(asyncio.Protocol):
    """One connection: looks at the path of each request, and sends what was rendered for it."""

    def __init__(self, rendered: Mapping[bytes, bytes]) -> None:
        self._rendered = rendered
        self._begun = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Only asked for: uvloop's transports are of no class of asyncio's.
        self._send = cast(asyncio.Transport, transport).write

    def data_received(self, data: bytes) -> None:
        *requests, self._begun = (self._begun + data).split(END_OF_REQUEST)
        for request in requests:
            path = request.split(b" ", 2)[1]
            self._send(self._rendered.get(path[-NAME_LETTERS:], NOT_FOUND))


def render(body: bytes) -> bytes:
    """A whole answer with this body."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def answer(rendered: Mapping[bytes, bytes], listening: socket.socket) -> None:
    """Serve on this socket until cancelled."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Answering(rendered), sock=listening, backlog=BACKLOG)
    await server.serve_forever()


@contextmanager
def serving(bodies: Mapping[str, bytes], folder: Path) -> Iterator[str]:
    """Serve these bodies by name, from below `folder`; gives the address."""
    (folder / "bodies").mkdir(parents=True)
    for name, body in bodies.items():
        (folder / "bodies" / name).write_bytes(body)
    nginx = shutil.which("nginx")
    with _nginx(nginx, folder) if nginx else _own(folder) as url:
        yield url


def kind() -> str:
    """What `serving` starts here."""
    return "nginx" if shutil.which("nginx") else "benchmarks/server.py"


@contextmanager
def _nginx(program: str, folder: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = folder.resolve()
    config = NGINX_CONFIG.format(
        # Else the workers of a root's nginx run as nobody, who may not read the folder.
        user="user root;" if os.geteuid() == 0 else "",
        workers=os.cpu_count(),
        folder=folder,
        names=NAMES,
        port=port,
        backlog=BACKLOG,
        letters=NAME_LETTERS,
    )
    (folder / "nginx.conf").write_text(config, "utf-8")
    process = subprocess.Popen([program, "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "nginx.log"])
    try:
        _wait_for(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _own(folder: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.server", str(folder / "bodies")]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()


def _wait_for(port: int, process: "subprocess.Popen[bytes]", seconds: float = 10) -> None:
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError("nginx did not begin to answer")


async def _serve(folder: Path) -> None:
    """One process is enough: an answer costs it a small part of what it costs any client."""
    rendered = {file.name.encode(): render(file.read_bytes()) for file in folder.iterdir()}
    listening = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
    print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    answering = asyncio.create_task(answer(rendered, listening))
    await asyncio.to_thread(sys.stdin.read)
    answering.cancel()


def _new_loop() -> asyncio.AbstractEventLoop:
    """The fastest event loop there is here."""
    try:
        import uvloop
    except ModuleNotFoundError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        runner.run(_serve(Path(sys.argv[1])))
