"""Messages posted to a real server on loopback."""

import logging
import socket
from collections.abc import Callable
from typing import Any

import pytest

from dialflo_pipeline.alerts.messages import Message
from dialflo_pipeline.alerts.webhook import Webhook
from dialflo_pipeline.core.errors import NotificationError

Hook = Any
MESSAGE = Message("Dialflo: sync <failed>", (("What", "a & b"), ("To do", "mend it")), "https://dagster.test/runs/1")


def test_slack_mattermost_and_most_others_get_a_text(hook: Hook) -> None:
    Webhook(hook.url).send(MESSAGE)
    text = "Dialflo: sync &lt;failed&gt;\nWhat: a &amp; b\nTo do: mend it\nRun: https://dagster.test/runs/1"
    assert hook.got == [{"text": text}]


def test_teams_gets_a_card(hook: Hook) -> None:
    Webhook(hook.url, form="card").send(MESSAGE)
    (message,) = hook.got
    (attachment,) = message["attachments"]
    card = attachment["content"]
    assert (message["type"], attachment["contentType"]) == ("message", "application/vnd.microsoft.card.adaptive")
    assert (card["type"], card["body"][0]["text"]) == ("AdaptiveCard", MESSAGE.title)
    assert card["body"][1]["facts"][0] == {"title": "What", "value": "a & b"}
    assert card["actions"][0]["url"] == MESSAGE.link


@pytest.mark.parametrize(
    ("host", "is_card"),
    [
        ("hooks.slack.com", False),
        ("chat.example.com", False),
        ("prod-12.westeurope.logic.azure.com", True),
        ("abc.environment.api.powerplatform.com", True),
        ("example.webhook.office.com", True),
        ("notlogic.azure.com.example.com", False),
    ],
)
def test_the_form_is_known_by_the_host_unless_it_is_set(host: str, is_card: bool) -> None:
    url = f"https://{host}/x"
    assert ("attachments" in Webhook(url).body(MESSAGE)) is is_card
    assert "text" in Webhook(url, form="text").body(MESSAGE)
    assert "attachments" in Webhook(url, form="card").body(MESSAGE)


@pytest.mark.parametrize("status", [302, 400, 404, 429, 500])
def test_an_answer_that_is_no_success_is_told_with_its_status(hook: Hook, status: int) -> None:
    hook.status = status
    with pytest.raises(NotificationError, match=f"HTTP {status}"):
        Webhook(hook.url).send(MESSAGE)


def test_a_server_that_is_down_or_says_nothing_is_not_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/s3cret-path"
        with pytest.raises(NotificationError, match="Cannot reach the webhook: TimeoutError"):
            Webhook(url, timeout_seconds=0.05).send(MESSAGE)
    with pytest.raises(NotificationError, match="Cannot reach the webhook: ConnectionRefusedError"):
        Webhook(url).send(MESSAGE)


def test_a_server_that_speaks_something_else_is_not_reached(hook: Hook, mail_server: Callable[[str], Any]) -> None:
    url = f"http://127.0.0.1:{mail_server('plain').port}/s3cret-path"
    with pytest.raises(NotificationError, match="Cannot reach the webhook: BadStatusLine"):
        Webhook(url).send(MESSAGE)


def test_the_address_is_in_no_log_error_or_repr(hook: Hook, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    webhook = Webhook(hook.url)
    webhook.send(MESSAGE)
    hook.status = 500
    with pytest.raises(NotificationError) as caught:
        webhook.send(MESSAGE)
    assert "s3cret-path" not in f"{caplog.text} {caught.value!r} {caught.value.__cause__!r} {webhook!r}"
