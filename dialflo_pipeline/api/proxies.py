"""The proxy for an address, from `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` in any usual spelling.

httpx reads these too, but raises errors for some entries of `NO_PROXY` and takes no networks in it.
"""

import ipaddress
import os
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies

import httpx

from dialflo_pipeline.core.errors import SettingsError

KINDS: Final = ("http", "https", "socks5", "socks5h")
_OTHER_NAMES: Final = {"socks": "socks5h"}
"""Desktops write this for SOCKS 5."""
DEFAULT_PORTS: Final = {"http": 80, "https": 443}
MAX_PORT: Final = 65_535

_ADDRESS = re.compile(r"(?:\[(?P<v6>[^\]]*)\]|(?P<host>[^:\[\]]*))(?::(?P<port>\d+))?")


@dataclass(frozen=True)
class ProxySetting:
    """A proxy and the variable that names it."""

    variable: str
    proxy: httpx.Proxy


class ProxyUnreachable(httpx.ConnectError):
    """The proxy does not answer; the message names the variable."""


def proxy_for(base_url: str) -> ProxySetting | None:
    """The proxy to use for requests to `base_url`. Raises `SettingsError` for settings that cannot be read."""
    if is_loopback(base_url):
        return None
    scheme, settings = urlsplit(base_url).scheme, getproxies()
    for kind in (scheme, "all"):
        if value := settings.get(kind, "").strip():
            is_exempt = _is_exempt(base_url, settings.get("no", ""), _variable("no"))
            return None if is_exempt else ProxySetting(_variable(kind), _proxy(value, _variable(kind)))
    return None


def is_loopback(base_url: str) -> bool:
    """Whether it is this machine, for which no proxy is used."""
    host = urlsplit(base_url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _variable(kind: str) -> str:
    """The name of the variable as the environment has it; lower case goes first."""
    name = f"{kind}_proxy"
    return next((each for each in (name, *os.environ) if each.lower() == name and os.environ.get(each)), name.upper())


def _proxy(value: str, variable: str) -> httpx.Proxy:
    kind, _, rest = (value if "://" in value else f"http://{value}").partition("://")
    kind = _OTHER_NAMES.get(kind.lower(), kind.lower())
    if kind not in KINDS:
        raise SettingsError(f"{variable} names an unsupported kind of proxy. Use http://, https:// or socks5://.")
    try:
        url = httpx.URL(f"{kind}://{rest}")
        if url.host and (url.port or 0) <= MAX_PORT:
            return httpx.Proxy(url)
    except (httpx.InvalidURL, ValueError):
        pass
    raise SettingsError(
        f"{variable} is not an address like http://proxy.example:8080. Write an IPv6 address in [brackets], and special"
        " characters in a password as %40 and the like."
    )


def _is_exempt(base_url: str, no_proxy: str, variable: str) -> bool:
    parts = urlsplit(base_url)
    host = (parts.hostname or "").rstrip(".")
    port = parts.port or DEFAULT_PORTS.get(parts.scheme)
    entries = [entry for entry in re.split(r"[\s,;]+", no_proxy) if entry]
    # All entries are read, so that a wrong one is found wherever it is.
    matches = [_matches(entry, parts.scheme, host, port, variable) for entry in entries]
    return any(matches)


def _matches(entry: str, scheme: str, host: str, port: int | None, variable: str) -> bool:
    """Whether an entry means this host: a name (with all below it), an address, a network, or a pattern with `*`."""
    text = entry.lower()
    if "://" in text:
        kind, _, text = text.rstrip("/").partition("://")
        if kind not in (scheme, "all"):
            return False
    if text == "<local>":
        return "." not in host and ":" not in host
    if (network := _network(text)) is not None:
        address = _address(host)
        return address is not None and address in network
    found = _ADDRESS.fullmatch(text)
    if found is None or "/" in text or (found["v6"] is not None and _address(found["v6"]) is None):
        shown = "" if "@" in entry else f": {entry!r}"
        raise SettingsError(f"{variable} has an entry that is not a host, an address or a network{shown}.")
    if found["port"] and int(found["port"]) != port:
        return False
    if found["v6"] is not None:
        return _address(host) == _address(found["v6"])
    name = found["host"].strip(".")
    return fnmatchcase(host, name) if "*" in name else bool(name) and (host == name or host.endswith(f".{name}"))


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """A network, or a single address as one; with or without brackets."""
    try:
        return ipaddress.ip_network(re.sub(r"^\[([^\]]*)\](/\d+)?$", r"\1\2", text), strict=False)
    except ValueError:
        return None


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
