"""Which transport carries the requests: the fast one where it does all that is needed, else httpx's own client.

Nobody has to choose. What httpx reads from the environment (proxies, `SSL_CERT_FILE`, `SSL_CERT_DIR`) holds either way.
"""

import ipaddress
import os
import sys
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

import httpx


def open_transport(base_url: str, max_connections: int) -> httpx.AsyncBaseTransport:
    """A transport for requests to `base_url`, to be closed by the caller."""
    if _uses_proxy(base_url) or _has_custom_certificates():
        return HttpxTransport(base_url, max_connections)
    try:
        from dialflo_pipeline.api.rust_transport import RustTransport

        return RustTransport(max_connections)
    except (ImportError, ValueError):  # not built for this system; no trusted certificates found on it
        return HttpxTransport(base_url, max_connections)


class HttpxTransport(httpx.AsyncBaseTransport):
    """httpx's own client: slower, but it knows proxies, brings certificates and runs everywhere."""

    def __init__(self, base_url: str, max_connections: int) -> None:
        self._client = httpx.AsyncClient(
            timeout=None,  # noqa: S113 - one deadline for the whole request is set where it is sent
            limits=httpx.Limits(max_connections=max_connections, max_keepalive_connections=max_connections),
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # none is kept
            event_hooks={"response": [_drop_location]},
            verify=httpx.create_ssl_context(trust_env=urlsplit(base_url).scheme == "https"),
            trust_env=not _is_loopback(base_url),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer's head, its body still to be read."""
        # As part of the address, since httpx would ask a proxy for the target itself instead of a way to the host.
        url = request.url.copy_with(raw_path=request.extensions["target"])
        return await self._client.send(SecretRequest(request.method, url, headers=request.headers), stream=True)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()


async def _drop_location(response: httpx.Response) -> None:
    """Where a redirect leads is of no interest, and httpx would refuse the answer if it cannot read that."""
    response.headers.pop("location", None)


def _is_loopback(base_url: str) -> bool:
    """Whether it is this machine: a proxy is for the world outside."""
    host = urlsplit(base_url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _uses_proxy(base_url: str) -> bool:
    """Whether a proxy may be meant for this: to which hosts the settings apply is left to httpx."""
    return not _is_loopback(base_url) and any(getproxies().get(scheme) for scheme in ("http", "https", "all"))


def _has_custom_certificates() -> bool:
    """Whether the environment names certificates where the fast transport asks the operating system instead."""
    return sys.platform != "linux" and any(os.environ.get(name) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"))


class SecretHeaders(httpx.Headers):
    """Headers whose `repr` shows names only: one of them is the token. httpx itself would hide other headers only."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self)})"


class SecretRequest(httpx.Request):
    """A request whose headers do not show the token."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.headers = SecretHeaders(self.headers)
