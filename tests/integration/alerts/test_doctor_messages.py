"""What `dialflo doctor` says of the channels, against real servers."""

from collections.abc import Callable
from typing import Any

from pydantic import SecretStr

from dialflo_pipeline.cli.doctor.notifier import examine_notifier
from dialflo_pipeline.core.settings import Settings

Hook = Any
LOGIN = "teller:pass%2Fword%401"


def found(settings: Settings, *, send_test: bool = False) -> dict[str, tuple[str, bool | None]]:
    return {each.what: (each.found, each.is_well) for each in examine_notifier(settings, send_test=send_test)}


def by_mail(server: Any, login: str = LOGIN) -> Settings:
    url = SecretStr(f"smtp://{login}@localhost:{server.port}")
    return Settings(notify_smtp=url, notify_from="d@example.com", notify_to="a@example.com")


def test_without_a_channel_notifications_are_off_and_a_requested_test_fails() -> None:
    assert found(Settings())["notifications"][1] is None
    assert found(Settings(), send_test=True)["notifications"][1] is False


def test_a_test_message_is_sent_where_it_is_asked_for(hook: Hook) -> None:
    settings = Settings(notify_webhook=SecretStr(hook.url))
    assert found(settings)["notifications by webhook"][1] is None
    assert hook.got == []
    assert found(settings, send_test=True)["notifications by webhook"][1] is True
    assert hook.got[0]["text"].startswith("Dialflo: test message")


def test_a_test_message_that_is_not_taken_is_a_problem(hook: Hook) -> None:
    hook.status = 404
    (said, is_well) = found(Settings(notify_webhook=SecretStr(hook.url)), send_test=True)["notifications by webhook"]
    assert (is_well, "HTTP 404" in said, "s3cret" in said) == (False, True, False)


def test_a_mail_server_is_tried_without_a_mail(mail_server: Callable[[str], Any]) -> None:
    server = mail_server("starttls")
    assert found(by_mail(server))["notifications by mail"][1] is True
    assert server.got == []
    said, is_well = found(by_mail(server, "teller:wrong-one"))["notifications by mail"]
    assert (is_well, "wrong-one" in said) == (False, False)
    assert "rejected the user or password" in said
    assert found(by_mail(server), send_test=True)["notifications by mail"][1] is True
    assert server.got[0]["Subject"] == "Dialflo: test message"
