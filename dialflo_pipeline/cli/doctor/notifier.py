"""Notifications: the channels that are set up, and a test message on request."""

from collections.abc import Iterator

from dialflo_pipeline.alerts.channels import Channel, channels_of, message_writer_of
from dialflo_pipeline.alerts.email import Mail
from dialflo_pipeline.core.diagnostics import Finding
from dialflo_pipeline.core.errors import NotificationError
from dialflo_pipeline.core.settings import Settings

NOTIFICATIONS_OFF = "notifications are off: set DIALFLO_NOTIFY_WEBHOOK or DIALFLO_NOTIFY_SMTP"


def examine_notifier(settings: Settings, *, send_test: bool) -> Iterator[Finding]:
    """Check each channel without sending, or by sending a test message."""
    channels = channels_of(settings)
    if not channels:
        yield Finding("notifications", NOTIFICATIONS_OFF, False if send_test else None)
    for name, channel in channels.items():
        yield _tested(name, channel, settings) if send_test else _probed(name, channel)


def _tested(name: str, channel: Channel, settings: Settings) -> Finding:
    try:
        channel.send(message_writer_of(settings).test())
    except NotificationError as problem:
        return Finding(f"notifications by {name}", str(problem), False)
    return Finding(f"notifications by {name}", "test message sent; check that it arrived", True)


def _probed(name: str, channel: Channel) -> Finding:
    if not isinstance(channel, Mail):
        return Finding(f"notifications by {name}", "set; `dialflo doctor --notify` sends a test message")
    try:
        channel.probe()
    except NotificationError as problem:
        return Finding(f"notifications by {name}", str(problem), False)
    return Finding(f"notifications by {name}", "server reached, login accepted; --notify sends a test message", True)
