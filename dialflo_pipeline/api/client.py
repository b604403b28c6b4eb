"""The one module that imports httpx: a request for call details, and its whole answer or an error.

Nothing here retries, waits for its turn or judges what an answer means.
"""

import asyncio
import hashlib
import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

from dialflo_pipeline import __version__
from dialflo_pipeline.api.decoding import ACCEPT_ENCODING, BodyReader, BodyTooLarge
from dialflo_pipeline.errors import TransportTrouble

MAX_BODY_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class Reply:
    """A whole answer. `body` after content decoding, None above the size limit; `size`, `sha256` of what was read."""

    status: int
    body: bytes | None
    size: int
    sha256: str
    retry_after: str | None


class DialfloClient:
    """Asks one host, with the token in the header that the API documents; follows no redirect."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def call_details(self, task_id: str, timeout_seconds: float) -> Reply:
        """The answer for one task id of the allowed form, body included in the time. Raises `TransportTrouble`."""
        try:
            async with asyncio.timeout(timeout_seconds):
                return await self._get(f"/call_details/{task_id}")
        except TimeoutError:
            raise TransportTrouble(f"no whole answer within {timeout_seconds:.3g} s") from None
        except (httpx.HTTPError, OSError) as error:
            raise TransportTrouble(_in_words(error)) from None

    async def _get(self, path: str) -> Reply:
        async with self._http.stream("GET", path) as response:
            body, read = await _read(response)
            return Reply(
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
    """A client for `base_url`, closed at the end; `transport` takes the place of the network in tests."""
    headers = {
        "auth_token": f"Bearer {token.get_secret_value()}",
        "content-type": "application/json",
        "accept": "application/json",
        "accept-encoding": ACCEPT_ENCODING,
        "user-agent": f"dialflo-pipeline/{__version__}",
    }
    async with httpx.AsyncClient(
        base_url=base_url,
        headers=headers,
        timeout=None,  # noqa: S113 - one deadline for the whole request is set where it is sent
        limits=httpx.Limits(max_connections=max_connections, max_keepalive_connections=max_connections),
        follow_redirects=False,
        event_hooks={"response": [_forget_location]},
        trust_env=not _is_loopback(base_url),  # a proxy is for the world outside, never for this machine
        transport=transport,
    ) as http:
        yield DialfloClient(http)


async def _forget_location(response: httpx.Response) -> None:
    """Where a redirect leads is of no interest, and httpx would refuse the answer if it cannot read that."""
    response.headers.pop("location", None)


async def _read(response: httpx.Response) -> tuple[bytes | None, bytes]:
    """The body, None if too large, and what was read of it."""
    reader = BodyReader(response.headers.get("content-encoding", ""), MAX_BODY_BYTES)
    try:
        async for chunk in response.aiter_raw():
            reader.feed(chunk)
    except BodyTooLarge:
        return None, reader.body
    body = reader.finish()
    return body, body


def _is_loopback(base_url: str) -> bool:
    host = urlsplit(base_url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _in_words(error: Exception) -> str:
    """What went wrong, in a few words that cannot hold a header or a payload."""
    match error:
        case httpx.ConnectTimeout() | httpx.ConnectError():
            return f"no connection ({_root_cause(error)})"
        case httpx.RemoteProtocolError() | httpx.ReadError():
            return "the connection ended within the answer"
        case _:
            return f"the request failed ({type(error).__name__})"


def _root_cause(error: BaseException) -> str:
    while (deeper := _first_of_group(error) or error.__cause__ or error.__context__) is not None:
        error = deeper
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__


def _first_of_group(error: BaseException) -> BaseException | None:
    """A host with several addresses gives a group: one error for each address."""
    return error.exceptions[0] if isinstance(error, BaseExceptionGroup) else None
