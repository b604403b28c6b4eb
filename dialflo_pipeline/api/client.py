"""A request for call details, and its whole answer or an error.

Nothing here retries, waits for its turn or judges what an answer means.
"""

import asyncio
import hashlib
import os
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

import httpx
from pydantic import SecretStr

from dialflo_pipeline import __version__
from dialflo_pipeline.api.decoding import ACCEPT_ENCODING, BodyReader, BodyTooLarge
from dialflo_pipeline.api.proxies import ProxyUnreachable
from dialflo_pipeline.api.redaction import redact_token
from dialflo_pipeline.api.transport import HttpxTransport, SecretHeaders, SecretRequest, open_transport
from dialflo_pipeline.core.errors import SettingsError, TransportError

MAX_BODY_BYTES = 64 * 1024 * 1024

OK = 200


@dataclass(frozen=True)
class ApiResponse:
    """A whole answer. `body` after content decoding, None above the size limit; `size`, `sha256` of what was read."""

    status: int
    body: bytes | None
    size: int
    sha256: str
    retry_after: str | None


class DialfloClient:
    """Asks one host, with the token in the header that the API documents; follows no redirect."""

    def __init__(self, transport: httpx.AsyncBaseTransport, base_url: str, token: SecretStr) -> None:
        self._transport = transport
        self._via = transport.via if isinstance(transport, HttpxTransport) else ""
        self._url = _parse_url(base_url)
        self._path = self._url.raw_path.rstrip(b"/") + b"/call_details/"
        self._token = token
        self._headers = SecretHeaders(
            {
                "auth_token": f"Bearer {token.get_secret_value()}",
                "content-type": "application/json",
                "accept": "application/json",
                "accept-encoding": ACCEPT_ENCODING,
                "user-agent": f"dialflo-pipeline/{__version__}",
            }
        )

    async def call_details(self, task_id: str, timeout_seconds: float) -> ApiResponse:
        """The answer for one task id of the allowed form, body included in the time. Raises `TransportError`."""
        try:
            async with asyncio.timeout(timeout_seconds):
                return await self._get(self._path + task_id.encode())
        except TimeoutError:
            raise TransportError(f"no whole answer within {timeout_seconds:.3g} s{self._via}") from None
        except (httpx.HTTPError, OSError) as error:
            raise TransportError(_describe(error, self._via)) from None

    async def _get(self, target: bytes) -> ApiResponse:
        # The host is read once for all requests, and none can name another: only the target differs.
        request = SecretRequest("GET", self._url, headers=self._headers, extensions={"target": target})
        response = await self._transport.handle_async_request(request)
        stream = cast(httpx.AsyncByteStream, response.stream)
        try:
            body, read = await _read(stream, response.headers.get("content-encoding", ""))
        finally:
            await stream.aclose()
        if response.status_code != OK and body is not None:
            body = read = redact_token(body, self._token)
        return ApiResponse(
            status=response.status_code,
            body=body,
            size=len(read),
            sha256=hashlib.sha256(read).hexdigest(),
            retry_after=response.headers.get("retry-after"),
        )


@asynccontextmanager
async def open_client(
    base_url: str,
    token: SecretStr,
    *,
    max_connections: int,
    transport: httpx.AsyncBaseTransport | None = None,
) -> AsyncIterator[DialfloClient]:
    """A client for `base_url`, closed at the end; `transport` takes the place of the chosen one in tests."""
    async with transport or open_transport(base_url, max_connections) as opened:
        yield DialfloClient(opened, base_url, token)


def _parse_url(base_url: str) -> httpx.URL:
    try:
        url = httpx.URL(base_url)
        _ = url.host  # read late, and in vain for some names in another script
    except (httpx.InvalidURL, ValueError):
        raise SettingsError(f"DIALFLO_BASE_URL is {base_url}, which names no host that there can be.") from None
    return url


async def _read(stream: httpx.AsyncByteStream, encoding: str) -> tuple[bytes | None, bytes]:
    """The body, None if too large, and what was read of it."""
    reader = BodyReader(encoding, MAX_BODY_BYTES)
    try:
        async for chunk in stream:
            reader.feed(chunk)
    except BodyTooLarge:
        return None, reader.body
    body = reader.finish()
    return body, body


def _describe(error: Exception, via: str) -> str:
    """What went wrong, in a few words that cannot hold a header or a payload; `via` names the proxy, if any."""
    match error:
        case ProxyUnreachable():
            return f"{error} ({_root_cause(error)})" if isinstance(error.__cause__, httpx.ConnectError) else str(error)
        case httpx.ConnectTimeout() | httpx.ConnectError():
            return f"no connection ({_root_cause(error)}){via}"
        case httpx.RemoteProtocolError() | httpx.ReadError():
            return f"the connection ended within the answer{via}"
        case _:
            return f"the request failed ({type(error).__name__}){via}"


def _root_cause(error: BaseException) -> str:
    while (deeper := _first_of_group(error) or error.__cause__ or error.__context__) is not None:
        error = deeper
    match error:
        case ssl.SSLCertVerificationError():
            return "its certificate is not trusted"
        case ssl.SSLError():
            return "no TLS"
        case socket.gaierror():
            return "its name cannot be resolved"
        case OSError(errno=int(number)):
            return os.strerror(number)
        case _:
            return type(error).__name__


def _first_of_group(error: BaseException) -> BaseException | None:
    """A host with several addresses gives a group: one error for each address."""
    return error.exceptions[0] if isinstance(error, BaseExceptionGroup) else None
