"""The token is told to the one host and to nobody else: no log, no error, no repr, no row."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from dialflo_pipeline.api import client as client_module
from dialflo_pipeline.api.asking import Asker, open_asker
from dialflo_pipeline.settings import Settings
from tests.faults.fetching import TOKEN, Fetched
from tests.faults.http_faults import BROKEN, STATUSES
from tests.faults.server import Say

ECHO = f'{{"detail": "auth_token: Bearer {TOKEN} is not welcome"}}'.encode()


async def _opened(use: Callable[[Asker], Any]) -> Any:
    opened = open_asker(
        "http://api.test", SecretStr(TOKEN), rate_limit=1, max_concurrency=1, tries=1, timeout_seconds=1
    )
    async with opened as asker:
        return use(asker)


def _reachable(value: object, levels: int = 4) -> Iterator[object]:
    """An object of ours and all that its attributes hold."""
    yield value
    if levels and not isinstance(value, str | bytes | SecretStr | httpx.Headers):
        for inner in getattr(value, "__dict__", {}).values():
            yield from _reachable(inner, levels - 1)


def test_nothing_that_holds_the_token_shows_it(way: str) -> None:
    held = asyncio.run(_opened(lambda asker: [(repr(each), str(each)) for each in _reachable(asker)]))
    assert any("SecretStr" in shown for shown, _ in held)
    assert not [shown for pair in held for shown in pair if TOKEN in shown]
    settings = Settings(api_token=SecretStr(TOKEN))
    assert TOKEN not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"


def test_no_log_at_any_level_and_no_row_tells_the_token(
    fetch: Callable[..., Fetched], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    faults = [*BROKEN, *(fault for fault in STATUSES[::9] if not fault.is_last_word)]
    script = {f"{number}": [fault.say] for number, fault in enumerate(faults)}
    script |= {f"{number}-good": [Say()] for number in range(len(faults))}
    script |= {f"{status}-echo": [Say(status, ECHO)] for status in (400, 404, 500)}
    ids = sorted(script, key=lambda task_id: task_id.partition("-")[0])
    fetched = fetch(ids, script)
    assert fetched.report is not None
    assert fetched.report.stopped is None
    said = capfd.readouterr()
    assert TOKEN not in caplog.text + said.out + said.err
    assert TOKEN not in repr((fetched.rows, fetched.report, list(fetched.states().values())))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
def test_an_error_that_quotes_the_token_is_kept_without_it(fetch: Callable[..., Fetched], status: int) -> None:
    (row,) = fetch(["a"], {"a": [Say(status, ECHO)]}, tries=1).rows
    assert row["body"] == ECHO.replace(TOKEN.encode(), b"[token]")
    assert row["body_bytes"] == len(row["body"])


def test_a_token_so_short_that_it_may_be_a_word_is_left_where_it_stands(
    fetch: Callable[..., Fetched], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "LEAST_SECRET_BYTES", len(TOKEN) + 1)
    (row,) = fetch(["a"], {"a": [Say(400, ECHO)]}).rows
    assert row["body"] == ECHO


def test_a_failed_fetch_has_no_token_in_its_error(
    fetch: Callable[..., Fetched], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of a kind that nobody foresaw comes out as it is, with everything it came by."""

    def fail(*_: object) -> None:
        raise RuntimeError("unforeseen")

    monkeypatch.setattr(client_module, "BodyReader", fail)
    fetched = fetch(["a"])
    assert fetched.failure is not None
    assert "unforeseen" in repr(fetched.failure)
    error: BaseException | None = fetched.failure
    while error is not None:
        assert TOKEN not in repr(error)
        error = error.__cause__ or error.__context__
