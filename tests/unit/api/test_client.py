import asyncio
import gzip
import hashlib
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from dialflo_pipeline import __version__
from dialflo_pipeline.api import client as client_module
from dialflo_pipeline.api.client import ApiResponse
from dialflo_pipeline.core.errors import SettingsError, TransportError

Handler = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(scope="session")
def call(open_faked: Callable[..., Any]) -> Callable[[Handler], ApiResponse]:
    """Ask a faked API for one id."""

    def run(handler: Handler) -> ApiResponse:
        async def handle(request: httpx.Request) -> httpx.Response:
            return handler(request)

        async def main() -> ApiResponse:
            async with open_faked(handle) as client:
                reply: ApiResponse = await client.call_details("a-task_id", 30)
                return reply

        return asyncio.run(main())

    return run


def test_the_request_is_the_documented_one(
    call: Callable[[Handler], ApiResponse], answer: Callable[..., httpx.Response]
) -> None:
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return answer()

    call(handle)
    (request,) = seen
    assert request.method == "GET"
    assert (request.url.scheme, request.url.host) == ("http", "api.test")
    assert request.extensions["target"] == b"/call_details/a-task_id"
    assert request.headers["auth_token"] == "Bearer secret"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["accept-encoding"] == "gzip"
    assert request.headers["user-agent"] == f"dialflo-pipeline/{__version__}"
    assert "authorization" not in request.headers


def test_the_reply_holds_the_decoded_body_its_size_and_its_hash(
    call: Callable[[Handler], ApiResponse], answer: Callable[..., httpx.Response]
) -> None:
    body = b' [ {"odd" : "\xf0\x9f\x98\x80"} ]\r\n'
    reply = call(lambda _: answer(206, gzip.compress(body), content_encoding="gzip", retry_after="7"))
    assert reply == ApiResponse(206, body, len(body), hashlib.sha256(body).hexdigest(), "7")


def test_of_a_body_above_the_limit_the_status_the_size_reached_and_the_hash_are_kept(
    call: Callable[[Handler], ApiResponse], answer: Callable[..., httpx.Response], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "MAX_BODY_BYTES", 10)
    packed = gzip.compress(b"x" * 100)
    reply = call(lambda _: answer(200, packed, content_encoding="gzip"))
    assert reply == ApiResponse(200, None, 11, hashlib.sha256(b"x" * 11).hexdigest(), None)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", ["http://elsewhere.test/", "/other", "http://[broken", "", "//", "http://h:x"])
def test_a_redirect_is_an_answer_like_any_other(
    call: Callable[[Handler], ApiResponse], answer: Callable[..., httpx.Response], status: int, location: str
) -> None:
    asked: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return answer(status, location=location)

    assert call(handle).status == status
    assert asked == ["api.test"]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (httpx.ConnectError("secret"), "no connection (ConnectError)"),
        (httpx.ConnectTimeout("secret"), "no connection (ConnectTimeout)"),
        (httpx.ReadError("secret"), "the connection ended within the answer"),
        (httpx.RemoteProtocolError("secret"), "the connection ended within the answer"),
        (httpx.WriteError("secret"), "the request failed (WriteError)"),
        (httpx.LocalProtocolError("secret"), "the request failed (LocalProtocolError)"),
        (httpx.PoolTimeout("secret"), "the request failed (PoolTimeout)"),
        (OSError(5, "secret"), "the request failed (OSError)"),
    ],
)
def test_every_transport_error_is_trouble_in_words_that_quote_nothing(
    call: Callable[[Handler], ApiResponse], error: Exception, words: str
) -> None:
    def fail(_request: httpx.Request) -> httpx.Response:
        raise error

    with pytest.raises(TransportError) as caught:
        call(fail)
    assert str(caught.value) == words


def test_the_cause_of_a_failed_connection_is_told_for_a_host_with_several_addresses(
    call: Callable[[Handler], ApiResponse],
) -> None:
    def fail(_request: httpx.Request) -> httpx.Response:
        tried = ExceptionGroup("all failed", [OSError(111, "Connection refused"), OSError(113, "No route")])
        raise httpx.ConnectError("all failed") from tried

    with pytest.raises(TransportError, match=r"^no connection \(Connection refused\)$"):
        call(fail)


@pytest.mark.parametrize("host", ["999.1.1.1", "xn--", "☃.test", "xn--zz--.test"])
def test_a_host_that_cannot_be_is_a_wrong_setting(host: str) -> None:
    async def main() -> None:
        async with client_module.open_client(f"http://{host}", SecretStr("secret"), max_connections=1):
            pass

    with pytest.raises(SettingsError, match="DIALFLO_BASE_URL"):
        asyncio.run(main())
