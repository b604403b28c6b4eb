"""A real HTTP server on loopback that serves scripted answers and writes down every request."""

import sys
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from tests.support.canaries import TOKEN
from tests.support.oracle.warehouse import Exchange, TaskFetch

__all__ = ["TOKEN"]
NOT_FOUND_BODY = b'{"detail": "Task not found"}'


@dataclass(frozen=True)
class ApiResponse:
    """What to send once; `seen` is the body as it reads after content decoding, where it differs."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    is_whole: bool = True
    seen: bytes | None = None
    drops: bool = False

    @property
    def exchange_parts(self) -> tuple[int | None, bytes]:
        if self.drops or not self.is_whole:
            return None, b""
        return self.status, self.body if self.seen is None else self.seen


@dataclass
class ScriptedApi:
    """Replies by id, one a request, the last of them for ever after; what was asked, by round."""

    script: dict[str, list[ApiResponse]]
    round: int = 1
    requests: dict[str, list[tuple[int, datetime, ApiResponse]]] = field(default_factory=lambda: defaultdict(list))
    headers: list[dict[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    base_url: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, task_id: str, headers: dict[str, str]) -> ApiResponse:
        with self._lock:
            replies = self.script.get(task_id, [ApiResponse(NOT_FOUND_BODY, 404)])
            asked = self.requests[task_id]
            reply = replies[min(len(asked), len(replies) - 1)]
            asked.append((self.round, datetime.now(UTC), reply))
            self.headers.append(headers)
            return reply

    def asked_in(self, number: int) -> set[str]:
        return {task_id for task_id, asked in self.requests.items() if any(entry[0] == number for entry in asked)}

    def askings(self) -> dict[str, list[TaskFetch]]:
        """What each id was asked, one asking a round."""
        found: dict[str, list[TaskFetch]] = {}
        for task_id, asked in self.requests.items():
            rounds: dict[int, TaskFetch] = defaultdict(list)
            for number, sent_at, reply in asked:
                status, body = reply.exchange_parts
                rounds[number].append(Exchange(sent_at, status, body))
            found[task_id] = [rounds[number] for number in sorted(rounds)]
        return found


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Only a client that was killed goes without its answer; anything else is a fault of the test."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def serving(script: dict[str, list[ApiResponse]]) -> Iterator[ScriptedApi]:
    """Serve the script on a free port of loopback."""
    api = ScriptedApi(script)
    server = _Server(("127.0.0.1", 0), _handler(api))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    api.base_url = f"http://127.0.0.1:{server.server_address[1]}"
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(api: ScriptedApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            prefix, _, task_id = self.path.rpartition("/")
            if prefix != "/call_details":
                api.problems.append(f"asked for {self.path}")
            reply = api.answer(unquote(task_id), {key.lower(): value for key, value in self.headers.items()})
            if reply.drops:
                self.close_connection = True
                return
            self.send_response(reply.status)
            headers = {"Content-Type": "application/json", "Content-Length": str(len(reply.body))} | dict(reply.headers)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)
            self.close_connection = not reply.is_whole

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
