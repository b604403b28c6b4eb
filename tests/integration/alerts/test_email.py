"""Mails handed to a real SMTP server on loopback, with and without TLS."""

import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from dialflo_pipeline.alerts.email import Mail
from dialflo_pipeline.alerts.messages import Message
from dialflo_pipeline.core.errors import NotificationError

Start = Callable[[str], Any]
USER, PASSWORD = "teller", "pass/word@1"
MESSAGE = Message("Dialflo: sync failed again", (("What", "ж & <b>"), ("To do", "mend it")), "https://d.test/runs/1")


def mail(server: Any, scheme: str = "smtp", login: str = "", host: str = "localhost") -> Mail:
    url = f"{scheme}://{login}{host}:{server.port}"
    return Mail.of(url, "dialflo@example.com", ("a@example.com", "b@example.com"))


def login(password: str = PASSWORD) -> str:
    return f"{USER}:{quote(password, safe='')}@"


@pytest.mark.parametrize(
    ("kind", "scheme", "who", "is_encrypted"),
    [
        ("plain", "smtp", "", False),
        ("starttls", "smtp", login(), True),
        ("tls", "smtps", login(), True),
        ("tls", "smtps", "", True),
    ],
)
def test_a_mail_arrives_whole(mail_server: Start, kind: str, scheme: str, who: str, is_encrypted: bool) -> None:
    server = mail_server(kind)
    mail(server, scheme, who).send(MESSAGE)
    (got,) = server.got
    assert got["Subject"] == MESSAGE.title
    assert got.get_content().splitlines() == MESSAGE.plain().splitlines()
    assert server.envelopes == [("dialflo@example.com", ["a@example.com", "b@example.com"])]
    assert got["Auto-Submitted"] == "auto-generated"
    assert server.encrypted == [is_encrypted]
    assert server.logins == ([USER] if who else [])


def test_a_password_is_not_sent_in_the_clear(mail_server: Start) -> None:
    server = mail_server("plain")
    with pytest.raises(NotificationError, match="no STARTTLS"):
        mail(server, login=login()).send(MESSAGE)
    assert (server.logins, server.got) == ([], [])


def test_a_wrong_password_is_told_without_it(mail_server: Start) -> None:
    server = mail_server("starttls")
    with pytest.raises(NotificationError, match="rejected the user or password") as caught:
        mail(server, login=login("wrong-one")).send(MESSAGE)
    assert "wrong-one" not in repr(caught.value)
    assert "wrong-one" not in repr(mail(server, login=login("wrong-one")))


def test_a_certificate_of_another_name_ends_it_before_the_login(mail_server: Start) -> None:
    server = mail_server("starttls")
    with pytest.raises(NotificationError, match="SSLCertVerificationError"):
        mail(server, login=login(), host="127.0.0.1").send(MESSAGE)
    assert (server.logins, server.got) == ([], [])


def test_a_receiver_who_is_refused_is_told_of(mail_server: Start) -> None:
    server = mail_server("plain")
    server.refused = {"a@example.com"}
    with pytest.raises(NotificationError, match="1 of 2 addresses"):
        mail(server).send(MESSAGE)


def test_a_probe_logs_in_and_sends_nothing(mail_server: Start) -> None:
    server = mail_server("starttls")
    mail(server, login=login()).probe()
    assert (server.logins, server.got) == ([USER], [])


def test_a_server_that_is_down_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(NotificationError, match=rf"127\.0\.0\.1:{port}: ConnectionRefusedError"):
        Mail.of(f"smtp://127.0.0.1:{port}", "a@example.com", ("b@example.com",)).send(MESSAGE)
