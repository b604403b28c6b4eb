"""The settings that flattened rows depend on; only a change of these makes days stale."""

from dataclasses import dataclass
from datetime import timedelta

from dialflo_pipeline.core.settings import Settings


@dataclass(frozen=True)
class Rules:
    """What the rows of the lake's flattened tables depend on."""

    timezone: str
    settle_after: timedelta
    default_region: str | None = None


def rules_of(settings: Settings) -> Rules:
    """The settings that flattened rows depend on."""
    return Rules(settings.timezone, settings.settle_after, settings.default_region)
