"""Which transport carries the requests: the fast one where it does all that is needed, else httpx's own client.

Nobody has to choose. What httpx reads from the environment (proxies, `SSL_CERT_FILE`, `SSL_CERT_DIR`) holds either way.
"""

import os
import ssl
import sys
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from socksio import SOCKSError

from dialflo_pipeline.api.proxies import ProxySetting, ProxyUnreachable, proxy_for
from dialflo_pipeline.core.errors import SettingsError

CERTIFICATE_VARIABLES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")


def open_transport(base_url: str, max_connections: int) -> httpx.AsyncBaseTransport:
    """A transport for requests to `base_url`, to be closed by the caller.

    Raises `SettingsError` for settings of proxies or certificates that cannot be used.
    """
    proxy = proxy_for(base_url)
    _check_certificates(base_url)
    if proxy or _has_custom_certificates():
        return HttpxTransport(base_url, max_connections, proxy)
    try:
        from dialflo_pipeline.api.rust_transport import RustTransport

        return RustTransport(max_connections)
    except (ImportError, ValueError):  # not built for this system; no trusted certificates found on it
        return HttpxTransport(base_url, max_connections)


class HttpxTransport(httpx.AsyncBaseTransport):
    """httpx's own client: slower, but it knows proxies, brings certificates and runs everywhere."""

    def __init__(self, base_url: str, max_connections: int, proxy: ProxySetting | None = None) -> None:
        self._proxy = proxy
        self._client = httpx.AsyncClient(
            timeout=None,  # noqa: S113 - one deadline for the whole request is set where it is sent
            limits=httpx.Limits(max_connections=max_connections, max_keepalive_connections=max_connections),
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # none is kept
            event_hooks={"response": [_drop_location]},
            verify=_ssl_context(base_url),
            proxy=proxy.proxy if proxy else None,
            trust_env=False,  # it is read here, with sentences for what cannot be read
        )

    @property
    def via(self) -> str:
        """What errors say about the way: the variable of the proxy, or nothing."""
        return f", through the proxy in {self._proxy.variable}" if self._proxy else ""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer's head, its body still to be read."""
        # As part of the address, since httpx would ask a proxy for the target itself instead of a way to the host.
        url = request.url.copy_with(raw_path=request.extensions["target"])
        try:
            return await self._client.send(SecretRequest(request.method, url, headers=request.headers), stream=True)
        except (httpx.ConnectError, httpx.ProxyError) as error:
            if self._proxy is None or _has_cause(error, ssl.SSLError):
                raise
            raise ProxyUnreachable(_about_proxy(error, self._proxy)) from error
        except SOCKSError:
            variable = self._proxy.variable if self._proxy else ""
            raise ProxyUnreachable(f"the proxy in {variable} does not speak SOCKS 5") from None

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()


async def _drop_location(response: httpx.Response) -> None:
    """Where a redirect leads is of no interest, and httpx would refuse the answer if it cannot read that."""
    response.headers.pop("location", None)


def _about_proxy(error: httpx.ConnectError | httpx.ProxyError, proxy: ProxySetting) -> str:
    if isinstance(error, httpx.ConnectError):
        return f"no connection to the proxy in {proxy.variable}"
    status = str(error)[:3]
    return f"the proxy in {proxy.variable} refused the request{f' (HTTP {status})' if status.isdecimal() else ''}"


def _has_cause(error: BaseException | None, kind: type[BaseException]) -> bool:
    while error is not None and not isinstance(error, kind):
        error = error.__cause__ or error.__context__
    return error is not None


def _ssl_context(base_url: str) -> ssl.SSLContext:
    """The certificates to trust; those of the environment only where they are needed."""
    is_https = urlsplit(base_url).scheme == "https"
    try:
        return httpx.create_ssl_context(trust_env=is_https)
    except OSError:  # also an SSLError: a file without certificates
        named = next((name for name in CERTIFICATE_VARIABLES if os.environ.get(name)), "")
        if not named:
            raise
        raise SettingsError(f"{named} has no certificates that can be read: {os.environ[named]}.") from None


def _check_certificates(base_url: str) -> None:
    """Refuse certificates that are not there: the fast transport would pass over them."""
    if urlsplit(base_url).scheme != "https":
        return
    for name, exists in zip(CERTIFICATE_VARIABLES, (Path.is_file, Path.is_dir), strict=True):
        path = os.environ.get(name)
        # The file goes first; the folder may then be missing.
        if path and not exists(Path(path)):
            raise SettingsError(f"{name} is {path}, which does not exist. Correct or unset it.")
        if path:
            return


def _has_custom_certificates() -> bool:
    """Whether the environment names certificates where the fast transport asks the operating system instead."""
    return sys.platform != "linux" and any(os.environ.get(name) for name in CERTIFICATE_VARIABLES)


class SecretHeaders(httpx.Headers):
    """Headers whose `repr` shows names only: one of them is the token. httpx itself would hide other headers only."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self)})"


class SecretRequest(httpx.Request):
    """A request whose headers do not show the token."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.headers = SecretHeaders(self.headers)
