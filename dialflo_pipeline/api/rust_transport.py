"""An httpx transport over pyreqwest: the connections live in Rust, in a thread beside the event loop's.

Only what this client needs: requests without a body, and answers as they come over the wire. No redirect is followed,
nothing is inflated, no cookie is kept and no proxy used. Each fault becomes the httpx error that httpx's own transport
has for it.
"""

import asyncio
import os
import re
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable
from datetime import timedelta
from typing import NoReturn, TypeVar, cast

import httpx
from pyreqwest.client import ClientBuilder
from pyreqwest.exceptions import DetailedPyreqwestError, PyreqwestError
from pyreqwest.http import HeaderMap
from pyreqwest.request import StreamRequest
from pyreqwest.response import Response

IDLE_SECONDS = 5
"""A connection not used for so long is closed, before the other side does it: the same as httpx's own."""

T = TypeVar("T")

_NOT_CONNECTED = "client error (Connect)"


class RustTransport(httpx.AsyncBaseTransport):
    """Sends what it is given, to the host it is given. Raises `ValueError` if this machine trusts no certificates."""

    def __init__(self, max_connections: int) -> None:
        self._client = (
            ClientBuilder()
            .http1_lower_case_headers()
            .pool_max_idle_per_host(max_connections)
            .pool_idle_timeout(timedelta(seconds=IDLE_SECONDS))
            .follow_redirects(False)
            .referer(False)
            .no_proxy()
            .gzip(False)
            .deflate(False)
            .brotli(False)
            .zstd(False)
            .build()
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer's head, its body still to be read. Time limits are the caller's."""
        target: bytes = request.extensions.get("target", request.url.raw_path)
        url = f"{request.url.scheme}://{request.url.netloc.decode()}{target.decode()}"
        try:
            sending = self._client.request(request.method, url).headers(request.headers.multi_items()).build_streamed()
            answer = await _await_cancellable(sending.__aenter__())
        except ValueError:
            raise httpx.LocalProtocolError("no request can be made of this") from None
        except PyreqwestError as error:
            _raise_as_httpx(error)
        return httpx.Response(answer.status, headers=_ascii_headers(answer.headers), stream=_Body(sending, answer))

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.close()


class _Body(httpx.AsyncByteStream):
    def __init__(self, sending: StreamRequest, answer: Response) -> None:
        self._sending = sending
        self._reader = answer.body_reader

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            while (chunk := await _await_cancellable(self._reader.read_chunk())) is not None:
                yield chunk.to_bytes()
        except PyreqwestError as error:
            _raise_as_httpx(error)

    async def aclose(self) -> None:
        await _await_cancellable(self._sending.__aexit__(None, None, None))


async def _await_cancellable(work: Awaitable[T]) -> T:
    """Await it, and heed a cancellation that it does not: a result that comes in the same moment takes its place."""
    task = cast("asyncio.Task[object]", asyncio.current_task())
    before = task.cancelling()
    result = await work
    if task.cancelling() > before:
        raise asyncio.CancelledError
    return result


def _ascii_headers(headers: HeaderMap) -> list[tuple[str, str]]:
    """The headers in ASCII: one that is not costs only itself."""
    try:
        return list(headers.items())
    except ValueError:
        return [(name, value) for name in set(headers) if (value := _value(headers, name)) is not None]


def _value(headers: HeaderMap, name: str) -> str | None:
    try:
        return headers[name]
    except ValueError:
        return None


def _raise_as_httpx(error: PyreqwestError) -> NoReturn:
    """Raise what httpx's own transport has for this fault; only the library's causes tell one from the other."""
    details = error.details if isinstance(error, DetailedPyreqwestError) else {"causes": None}
    causes = [cause["message"] for cause in details["causes"] or []]
    if _NOT_CONNECTED in causes:
        raise httpx.ConnectError("no connection") from _reason(causes)
    raise httpx.RemoteProtocolError("no whole answer") from None


def _reason(causes: list[str]) -> OSError:
    if "dns error" in causes:
        return socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    if number := re.search(r"\(os error (\d+)\)", causes[-1]):
        return OSError(int(number[1]), os.strerror(int(number[1])))
    return ssl.SSLCertVerificationError() if "certificate" in causes[-1] else ssl.SSLError()
