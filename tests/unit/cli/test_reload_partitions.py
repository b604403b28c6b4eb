"""Asking Dagster's web server to load its definitions again when days come that it does not show."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import polars as pl
import pytest

from dialflo_pipeline.cli.reload_partitions import outer_days, reload_definitions, reloading_for_new_days
from dialflo_pipeline.core.schema import TASK_IDS
from dialflo_pipeline.core.settings import Settings
from dialflo_pipeline.lake.data_dir import DataDir


def answer(loaded: str) -> bytes:
    entries = [{"locationOrLoadError": {"__typename": loaded}}]
    return json.dumps({"data": {"reloadWorkspace": {"locationEntries": entries}}}).encode()


LOADED, BROKEN = answer("RepositoryLocation"), answer("PythonError")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


@pytest.fixture
def register(settings: Settings) -> Callable[[date], None]:
    def put(day: date) -> None:
        row = ("a", day, None, datetime(2024, 5, 1, tzinfo=UTC), None)
        frame = pl.DataFrame([row], schema=TASK_IDS.frame_schema, orient="row")
        DataDir(settings.data_dir).lake.append(TASK_IDS, frame, day)

    return put


class Server:
    """Answers as told, and keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: list[bytes] = []
        self.asked: Queue[dict[str, Any]] = Queue()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.asked.put(json.loads(body))
                answer = outer.answers.pop(0) if len(outer.answers) > 1 else outer.answers[0]
                self.send_response(200)
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                return

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"


@pytest.fixture
def server() -> Iterator[Server]:
    served = Server()
    serving = threading.Thread(target=served.http.serve_forever)
    serving.start()
    yield served
    served.http.shutdown()
    serving.join()
    served.http.server_close()


def test_the_first_day_and_a_day_ahead_decide(settings: Settings, register: Callable[[date], None]) -> None:
    today = datetime.now(UTC).date()
    assert outer_days(settings) == (None, None)
    register(date(2024, 5, 1))
    assert outer_days(settings) == (date(2024, 5, 1), None)
    register(date(2024, 6, 1))
    assert outer_days(settings) == (date(2024, 5, 1), None)
    register(today + timedelta(days=3))
    assert outer_days(settings) == (date(2024, 5, 1), today + timedelta(days=3))
    chosen = settings.model_copy(update={"start_date": date(2024, 1, 1)})
    assert outer_days(chosen)[0] == date(2024, 1, 1)


def test_an_earlier_day_makes_the_page_load_again_until_it_has(
    settings: Settings, register: Callable[[date], None], server: Server
) -> None:
    register(date(2024, 5, 2))
    server.answers = [BROKEN, LOADED]
    with reloading_for_new_days(settings, server.url, every_seconds=0.01):
        register(date(2024, 5, 1))
        for _ in range(2):
            assert "reloadWorkspace" in server.asked.get(timeout=60)["query"]
        with pytest.raises(Empty):
            server.asked.get(timeout=0.3)


@pytest.mark.parametrize("other", [b"", b"[]", b"{}", b'{"data": null}', b'{"data": {"reloadWorkspace": {}}}', BROKEN])
def test_any_other_answer_is_no_reload(other: bytes, server: Server) -> None:
    server.answers = [other]
    assert not reload_definitions(server.url)


def test_a_page_that_is_not_up_is_no_reload(server: Server) -> None:
    server.http.server_close()
    assert not reload_definitions("http://127.0.0.1:1")
