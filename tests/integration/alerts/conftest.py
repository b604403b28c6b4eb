"""Real servers on loopback that take messages: a web address, and a mail server."""

import asyncio
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

TLS = Path(__file__).parents[2] / "cases" / "tls"
USER, PASSWORD = "teller", "pass/word@1"


@dataclass
class Hook:
    """A web address that takes messages, and what it was sent."""

    url: str
    got: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    """What it answers."""


@pytest.fixture
def hook() -> Iterator[Hook]:
    """A web address, answering 200 unless told otherwise."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/json"
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if taking.status == 200:
                taking.got.append(json.loads(body))
            self.send_response(taking.status)
            if taking.status == 302:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        taking = Hook(f"http://127.0.0.1:{server.server_address[1]}/services/s3cret-path")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield taking
        server.shutdown()
        thread.join()


@dataclass
class Mailbox:
    """A mail server, and what it was handed."""

    port: int = 0
    refused: set[str] = field(default_factory=set)
    """Receivers it does not know."""
    got: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - the server's name for it
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take or refuse a receiver."""
        if address in self.refused:
            return "550 unknown"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        """Take a mail."""
        assert isinstance(envelope.content, bytes)
        self.got.append(message_from_bytes(envelope.content, policy=policy.default))
        self.envelopes.append((envelope.mail_from or "", list(envelope.rcpt_tos)))
        assert server.transport is not None
        self.encrypted.append(server.transport.get_extra_info("sslcontext") is not None)
        return "250 OK"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        """Take the one user there is."""
        assert isinstance(data, LoginPassword)
        self.logins.append(data.login.decode())
        is_known = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=is_known, handled=is_known)


@contextmanager
def _running(kind: str) -> Iterator[Mailbox]:
    box = Mailbox()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(TLS / "localhost.pem")
    loop = asyncio.new_event_loop()

    def connection() -> SMTP:
        return SMTP(
            box,
            hostname="localhost",
            loop=loop,
            authenticator=box.authenticate,
            auth_require_tls=False,
            tls_context=tls if kind == "starttls" else None,
        )

    listening = loop.create_server(connection, "127.0.0.1", 0, ssl=tls if kind == "tls" else None)
    server = loop.run_until_complete(listening)
    box.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield box
    asyncio.run_coroutine_threadsafe(_ended(server), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


async def _ended(server: asyncio.Server) -> None:
    """Close it, and let each connection come to its end."""
    server.close()
    await server.wait_closed()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


@pytest.fixture
def mail_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Mailbox]]:
    """Starts a mail server of a kind: `plain`, `starttls` or `tls`, whose certificate this process trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(TLS / "authority.pem"))
    with ExitStack() as stack:
        yield lambda kind: stack.enter_context(_running(kind))
