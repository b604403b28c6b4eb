"""A server on loopback for many runs at once: each has its own answers, below a base address of its own."""

import asyncio
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from random import Random
from urllib.parse import unquote

TOKEN = "tok-4f1c9a7e-not-for-any-file"
MOST_SECONDS = 0.012
"""Answers take up to so long, so that they end in another order each time, and a kill may fall anywhere."""


@dataclass(frozen=True)
class Answer:
    """What the API says of a task."""

    status: int = 200
    body: bytes = b""


@dataclass
class Api:
    """The answers and what was asked, by run."""

    base_url: str = ""
    answers: dict[str, dict[str, Answer]] = field(default_factory=dict)
    asked: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    held: set[str] = field(default_factory=set)
    """Runs whose answers wait, but for ids that no task has."""

    def address(self, run: str) -> str:
        """The base address of a run."""
        return f"{self.base_url}/{run}"

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer until the client goes, in whatever way."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                _, run, _, task_id = head.split(b" ", 2)[1].decode().split("/")
                self.asked[run][unquote(task_id)] += 1
                await asyncio.sleep(Random().uniform(0, MOST_SECONDS))  # noqa: S311 - no secret
                while run in self.held and unquote(task_id) in self.answers[run]:
                    await asyncio.sleep(0.005)
                answer = self.answers[run].get(unquote(task_id), Answer(404))
                lines = [f"HTTP/1.1 {answer.status} Scripted", f"Content-Length: {len(answer.body)}", "", ""]
                writer.write("\r\n".join(lines).encode() + answer.body)
                await writer.drain()
        writer.close()


@contextmanager
def serving() -> Iterator[Api]:
    """Serve on a free port, in a thread beside the test."""
    api, loop = Api(), asyncio.new_event_loop()
    ready, done = threading.Event(), asyncio.Event()

    async def main() -> None:
        server = await asyncio.start_server(api.connected, "127.0.0.1", 0)
        api.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ready.set()
        await done.wait()
        server.close()
        under_way = asyncio.all_tasks() - {asyncio.current_task()}
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    thread = threading.Thread(target=loop.run_until_complete, args=[main()])
    thread.start()
    ready.wait()
    try:
        yield api
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join()
        loop.close()
