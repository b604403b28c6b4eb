"""Notifications by email over SMTP; a password is sent over TLS only."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from ipaddress import ip_address
from typing import Final
from urllib.parse import unquote, urlsplit

from dialflo_pipeline.alerts.messages import Message
from dialflo_pipeline.core.errors import NotificationError

TIMEOUT_SECONDS: Final = 10.0
SUBMISSION_PORT, TLS_PORT = 587, 465


@dataclass(frozen=True)
class Mail:
    """An SMTP server, the sender and the receivers."""

    host: str
    port: int
    is_tls: bool
    """TLS from the first byte; else STARTTLS."""
    user: str
    password: str = field(repr=False)
    sender: str
    receivers: tuple[str, ...]
    timeout_seconds: float = TIMEOUT_SECONDS

    name = "mail"

    @classmethod
    def of(cls, url: str, sender: str, receivers: tuple[str, ...]) -> "Mail":
        """From an address like `smtp://user:password@host:587`; `smtps` is TLS from the first byte."""
        parts = urlsplit(url)
        is_tls = parts.scheme == "smtps"
        return cls(
            host=parts.hostname or "",
            port=parts.port or (TLS_PORT if is_tls else SUBMISSION_PORT),
            is_tls=is_tls,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            sender=sender,
            receivers=receivers,
        )

    def send(self, message: Message) -> None:
        """Send one email to all receivers; raises `NotificationError`."""
        with self._session() as server:
            refused = server.send_message(self._mail(message))
        if refused:
            raise NotificationError(f"The mail server rejected {len(refused)} of {len(self.receivers)} addresses.")

    def probe(self) -> None:
        """Connect, encrypt and log in without sending anything; raises `NotificationError`."""
        with self._session():
            pass

    def _mail(self, message: Message) -> EmailMessage:
        mail = EmailMessage()
        mail["Subject"] = " ".join(message.title.split())
        mail["From"], mail["To"] = self.sender, ", ".join(self.receivers)
        mail["Date"], mail["Message-ID"] = formatdate(), make_msgid("dialflo")
        mail["Auto-Submitted"] = "auto-generated"  # no out-of-office note comes back
        mail.set_content(message.plain())
        return mail

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        try:
            with self._connected() as server:
                if not self.is_tls:
                    self._encrypt(server)
                if self.user:
                    server.login(self.user, self.password)
                yield server
        except smtplib.SMTPAuthenticationError:
            raise NotificationError("The mail server rejected the user or password in DIALFLO_NOTIFY_SMTP.") from None
        except (OSError, smtplib.SMTPException) as error:  # their texts may quote what was sent
            raise NotificationError(
                f"Cannot send over the mail server at {self.host}:{self.port}: {_reason(error)}."
            ) from None

    def _connected(self) -> smtplib.SMTP:
        if self.is_tls:
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout_seconds, context=context)
        return smtplib.SMTP(self.host, self.port, timeout=self.timeout_seconds)

    def _encrypt(self, server: smtplib.SMTP) -> None:
        """Use STARTTLS where the server has it; a relay on this machine without a password needs none."""
        server.ehlo_or_helo_if_needed()
        if server.has_extn("starttls") and (self.user or not _is_loopback(self.host)):
            server.starttls(context=ssl.create_default_context())
        elif self.user:
            raise NotificationError("The mail server offers no STARTTLS, and the password is not sent unencrypted.")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _reason(error: Exception) -> str:
    code = getattr(error, "smtp_code", None)
    return f"{type(error).__name__} {code}" if code else type(error).__name__
