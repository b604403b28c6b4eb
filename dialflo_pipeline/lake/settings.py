"""Which settings the derived rows depend on; a change of these, and of no other, makes them stale."""

from dataclasses import dataclass
from datetime import timedelta

from dialflo_pipeline.core.settings import Settings


@dataclass(frozen=True)
class Rules:
    """What the rows of the lake's derived tables depend on."""

    timezone: str
    settle_after: timedelta


def rules_of(settings: Settings) -> Rules:
    """The settings that derived rows depend on."""
    return Rules(settings.timezone, settings.settle_after)
