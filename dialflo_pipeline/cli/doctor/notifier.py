"""Notifications: the channels that are set up, and a test message on request."""

from collections.abc import Iterator

from dialflo_pipeline.alerts.channels import Channel, channels_of, message_writer_of
from dialflo_pipeline.alerts.email import Mail
from dialflo_pipeline.core.diagnostics import Finding
from dialflo_pipeline.core.errors import NotificationError
from dialflo_pipeline.core.settings import Settings

NOTIFICATIONS_OFF = "notifications are off: set DIALFLO_NOTIFY_WEBHOOK or DIALFLO_NOTIFY_SMTP"


def examine_notifier(settings: Settings, *, send_test: bool) -> Iterator[Finding]:
    """Each channel, tried as far as that is possible without sending, or by sending."""
    channels = channels_of(settings)
    if not channels:
        yield Finding("messages", NOTIFICATIONS_OFF, False if send_test else None)
    for name, channel in channels.items():
        yield _sent(name, channel, settings) if send_test else _looked_at(name, channel)


def _sent(name: str, channel: Channel, settings: Settings) -> Finding:
    try:
        channel.send(message_writer_of(settings).test())
    except NotificationError as problem:
        return Finding(f"messages by {name}", str(problem), False)
    return Finding(f"messages by {name}", "a test message was sent; see whether it arrived", True)


def _looked_at(name: str, channel: Channel) -> Finding:
    if not isinstance(channel, Mail):
        return Finding(f"messages by {name}", "set; `dialflo doctor --notify` sends a test message")
    try:
        channel.probe()
    except NotificationError as problem:
        return Finding(f"messages by {name}", str(problem), False)
    return Finding(f"messages by {name}", "the server is there and takes the login; --notify sends a test", True)
