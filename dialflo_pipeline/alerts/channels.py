"""The channels that the settings ask for, and sending over them what a ledger owes."""

import socket
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from dialflo_pipeline.alerts.email import Mail
from dialflo_pipeline.alerts.incidents import Cause, Ledger
from dialflo_pipeline.alerts.messages import Message, Place
from dialflo_pipeline.alerts.webhook import Webhook
from dialflo_pipeline.core.errors import NotTold
from dialflo_pipeline.core.settings import Settings

MOST_SECONDS: Final = 25.0
"""No more sending is begun after this; Dagster ends a sensor's tick at 60 seconds, and forgets what it noted."""


class Channel(Protocol):
    """One way to reach people."""

    @property
    def name(self) -> str:
        """What the ledger calls it."""

    def send(self, message: Message) -> None:
        """Tell it; raises `NotTold`, whose text holds no secret."""


def channels_of(settings: Settings) -> dict[str, Channel]:
    """Every channel that is set up, by name; none unless somebody asked for it."""
    channels: list[Channel] = []
    if settings.notify_webhook:
        channels.append(Webhook(settings.notify_webhook.get_secret_value(), settings.notify_webhook_form))
    if settings.notify_smtp and settings.notify_from:
        channels.append(
            Mail.of(settings.notify_smtp.get_secret_value(), settings.notify_from, settings.notify_receivers)
        )
    return {channel.name: channel for channel in channels}


def place_of(settings: Settings) -> Place:
    """Where this pipeline is, for its messages."""
    return Place(socket.gethostname(), str(settings.data_dir), settings.zone, settings.notify_ui_url)


def secrets_of(settings: Settings) -> frozenset[str]:
    """What may be in no message, and in nothing kept of one, whatever an error says."""
    held = (settings.api_token, settings.notify_webhook, settings.notify_smtp)
    secrets = {secret.get_secret_value() for secret in held if secret}
    if settings.notify_smtp:
        secrets.add(Mail.of(settings.notify_smtp.get_secret_value(), "", ()).password)
    return frozenset(secrets)


@dataclass
class Delivery:
    """What one tick has told, and what kept it from telling more."""

    told: int = 0
    problems: dict[str, str] = field(default_factory=dict)
    """Of each channel that failed, why; it is left alone until the next tick."""
    out_of_time: bool = False


def deliver(
    ledger: Ledger,
    channels: Mapping[str, Channel],
    place: Place,
    now: datetime,
    clock: Callable[[], float] = time.monotonic,
) -> Delivery:
    """Tell what is owed and note it in the ledger; what fails stays owed."""
    done, begun = Delivery(), clock()
    for cause, name, message in _owed(ledger, place):
        if name in done.problems:
            continue
        if clock() - begun > MOST_SECONDS:
            done.out_of_time = True
            break
        try:
            channels[name].send(message)
        except NotTold as problem:
            done.problems[name] = str(problem)
            continue
        cause.was_told(name, now)
        done.told += 1
    return done


def _owed(ledger: Ledger, place: Place) -> Iterator[tuple[Cause, str, Message]]:
    for causes, words in ((ledger.wrong, place.wrong), (ledger.fine_again, place.fine_again)):
        for cause in causes:
            for name in cause.owed:
                yield cause, name, words(cause)
