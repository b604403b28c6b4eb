"""Settings that are addresses: of web servers, mail servers, databases and people.

Each function is a pydantic validator. Messages never quote a value that may contain a password.
"""

import re

from pydantic import SecretStr, ValidationInfo

_DATABASE = re.compile(r"(?:postgresql|mysql|mariadb|sqlite)(?:\+\w+)?://.*", re.DOTALL)


def http_url(url: str) -> str:
    """An address of an HTTP server, without a final slash. Raises `ValueError`."""
    if not _is_address(url, "http", "https"):
        raise ValueError("is not an http(s) address (expected one like https://api.dialflo.ai)")
    if _holds_user(url) or "?" in url or "#" in url:
        raise ValueError("must not contain a user, a password, a query or a fragment")
    return url.rstrip("/")


def webhook_url(url: SecretStr) -> SecretStr:
    """An address to post notifications to. Raises `ValueError`."""
    text = url.get_secret_value()
    if not _is_address(text, "http", "https") or _holds_user(text) or not text.isascii():
        raise ValueError("is not an http(s) address")
    return url


def smtp_url(url: SecretStr) -> SecretStr:
    """The address of a mail server. Raises `ValueError`."""
    from urllib.parse import urlsplit

    text = url.get_secret_value()
    if not _is_address(text, "smtp", "smtps") or urlsplit(text).path.strip("/") or "?" in text or "#" in text:
        raise ValueError(
            "is not a mail server (expected smtp://user:password@host:587, or smtps:// for TLS from the first byte;"
            " write / ? # @ in the password as %2F %3F %23 %40)"
        )
    if bool(urlsplit(text).username) != bool(urlsplit(text).password):
        raise ValueError("has a user without a password, or a password without a user")
    return url


def database_url(dsn: SecretStr) -> SecretStr:
    """The address of a database of task ids. Raises `ValueError`."""
    if not _DATABASE.fullmatch(dsn.get_secret_value()):
        # Not quoted, since it may contain a password. The usual parser of such addresses is slow to import.
        raise ValueError(
            "is not the address of a supported database (expected postgresql://user:password@host/database,"
            " mysql://user:password@host/database or sqlite:////folder/file.db)"
        )
    return dsn


def mail_addresses(text: str | None, info: ValidationInfo) -> str | None:
    """One or more mail addresses, separated by commas; None for none. Raises `ValueError`."""
    if not text:
        if info.data.get("notify_smtp") is not None:
            raise ValueError("is missing: DIALFLO_NOTIFY_SMTP needs a sender and receivers")
        return None
    addresses = [address.strip() for address in text.split(",")]
    if not all(_is_mail_address(address) for address in addresses):
        raise ValueError("is not a mail address (expected data@example.com; separate several with commas)")
    if info.field_name == "notify_from" and len(addresses) > 1:
        raise ValueError("must be one address")
    return ",".join(addresses)


def _is_mail_address(text: str) -> bool:
    name, _, host = text.rpartition("@")
    return bool(name and host) and text.isprintable() and not any(mark in text for mark in ' <>"')


def _is_address(url: str, *schemes: str) -> bool:
    # httpx is slow to import and only this check would need it: `dialflo --help` must stay quick.
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        is_address = parts.scheme in schemes and parts.hostname is not None and parts.port != 0
    except ValueError:
        return False  # its message may contain a password
    return is_address and url.isprintable() and " " not in url


def _holds_user(url: str) -> bool:
    from urllib.parse import urlsplit

    return bool(urlsplit(url).username or urlsplit(url).password)
