"""Notifications by a POST to a web address: `{"text": …}` for Slack, Mattermost and most others, a card for Teams.

The address itself is a secret: it is neither logged nor in any error. That is why this does not use httpx, which logs
each address it calls.
"""

import json
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, Final
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, ProxyHandler, Request

from dialflo_pipeline.alerts.messages import Message
from dialflo_pipeline.core.errors import NotificationError

TEAMS_HOSTS: Final = (".logic.azure.com", ".powerplatform.com", ".webhook.office.com")
"""How the host names of Teams' webhooks end."""

TIMEOUT_SECONDS: Final = 10.0


@dataclass(frozen=True)
class Webhook:
    """One address to post to."""

    url: str
    form: str = "auto"
    """`text`, `card`, or `auto`: by the host."""
    timeout_seconds: float = TIMEOUT_SECONDS

    name = "webhook"

    def __repr__(self) -> str:
        return f"Webhook({urlsplit(self.url).hostname})"

    def send(self, message: Message) -> None:
        """Post it; raises `NotificationError`."""
        body = json.dumps(self.body(message)).encode()
        request = Request(self.url, body, {"Content-Type": "application/json"}, method="POST")  # noqa: S310 - the settings allow http(s) only
        try:
            with _opener().open(request, timeout=self.timeout_seconds) as answer:
                status = answer.status
        except (OSError, HTTPException) as error:
            reason = error.reason if isinstance(error, URLError) else error
            raise NotificationError(f"Cannot reach the webhook: {type(reason).__name__}.") from None
        if not 200 <= status < 300:
            raise NotificationError(f"The webhook rejected the message (HTTP {status}). Check DIALFLO_NOTIFY_WEBHOOK.")

    def body(self, message: Message) -> dict[str, Any]:
        """The JSON to post."""
        host = urlsplit(self.url).hostname or ""
        is_card = self.form == "card" or (self.form == "auto" and host.endswith(TEAMS_HOSTS))
        return _card(message) if is_card else {"text": _escaped(f"{message.title}\n{message.plain()}")}


def _opener() -> OpenerDirector:
    """Uses the system's proxies; follows no redirect, which would turn the POST into a GET."""
    opener = OpenerDirector()
    for handler in (ProxyHandler(), HTTPHandler(), HTTPSHandler()):
        opener.add_handler(handler)
    return opener


def _escaped(text: str) -> str:
    """Slack gives these three characters a meaning; Mattermost shows the escaped ones alike."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _card(message: Message) -> dict[str, Any]:
    """An Adaptive Card for Teams' workflows, which accept no other form and no plain text."""
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            {"type": "TextBlock", "text": message.title, "weight": "Bolder", "wrap": True},
            {"type": "FactSet", "facts": [{"title": name, "value": value} for name, value in message.facts]},
        ],
        "actions": [{"type": "Action.OpenUrl", "title": "Open in Dagster", "url": message.link}]
        if message.link
        else [],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}
