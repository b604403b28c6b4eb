"""The channels that the settings name, and sending the pending messages over them."""

import socket
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from dialflo_pipeline.alerts.email import Mail
from dialflo_pipeline.alerts.incidents import Incident, IncidentLog
from dialflo_pipeline.alerts.messages import Message, MessageWriter
from dialflo_pipeline.alerts.webhook import Webhook
from dialflo_pipeline.core.errors import NotificationError
from dialflo_pipeline.core.settings import Settings

MOST_SECONDS: Final = 25.0
"""No message is started after this: Dagster ends a sensor's tick at 60 seconds and discards its cursor."""


class Channel(Protocol):
    """One way to reach people."""

    @property
    def name(self) -> str:
        """Its name in the incident log."""

    def send(self, message: Message) -> None:
        """Send the message. Raises `NotificationError`, whose text holds no secret."""


def channels_of(settings: Settings) -> dict[str, Channel]:
    """Every channel that is set up, by name."""
    channels: list[Channel] = []
    if settings.notify_webhook:
        channels.append(Webhook(settings.notify_webhook.get_secret_value(), settings.notify_webhook_form))
    if settings.notify_smtp and settings.notify_from:
        channels.append(
            Mail.of(settings.notify_smtp.get_secret_value(), settings.notify_from, settings.notify_receivers)
        )
    return {channel.name: channel for channel in channels}


def message_writer_of(settings: Settings) -> MessageWriter:
    """The writer of this installation's messages."""
    return MessageWriter(socket.gethostname(), str(settings.data_dir), settings.zone, settings.notify_ui_url)


def secrets_of(settings: Settings) -> frozenset[str]:
    """Secrets to remove from every message and from the incident log."""
    held = (settings.api_token, settings.notify_webhook, settings.notify_smtp)
    secrets = {secret.get_secret_value() for secret in held if secret}
    if settings.notify_smtp:
        secrets.add(Mail.of(settings.notify_smtp.get_secret_value(), "", ()).password)
    return frozenset(secrets)


@dataclass
class SendReport:
    """How many messages one tick sent, and what stopped the others."""

    sent: int = 0
    problems: dict[str, str] = field(default_factory=dict)
    """The reason of each channel that failed; it is not tried again before the next tick."""
    is_out_of_time: bool = False


def send_pending(
    incidents: IncidentLog,
    channels: Mapping[str, Channel],
    writer: MessageWriter,
    now: datetime,
    clock: Callable[[], float] = time.monotonic,
) -> SendReport:
    """Send the pending messages and record which were sent; a failed one stays pending."""
    report, begun = SendReport(), clock()
    for incident, name, message in _pending(incidents, writer):
        if name in report.problems:
            continue
        if clock() - begun > MOST_SECONDS:
            report.is_out_of_time = True
            break
        try:
            channels[name].send(message)
        except NotificationError as problem:
            report.problems[name] = str(problem)
            continue
        incident.mark_notified(name, now)
        report.sent += 1
    return report


def _pending(incidents: IncidentLog, writer: MessageWriter) -> Iterator[tuple[Incident, str, Message]]:
    for group, write in ((incidents.open, writer.opened), (incidents.resolved, writer.resolved)):
        for incident in group:
            for name in incident.pending:
                yield incident, name, write(incident)
