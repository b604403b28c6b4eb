"""Which settings the derived rows and the marts depend on; a change of these, and of no other, makes them stale."""

from dataclasses import dataclass
from datetime import timedelta

from dialflo_pipeline.marts import MartSettings
from dialflo_pipeline.settings import Settings


@dataclass(frozen=True)
class Rules:
    """What the rows of the lake's derived tables depend on."""

    timezone: str
    settle_after: timedelta


def rules_of(settings: Settings) -> Rules:
    """The settings that derived rows depend on."""
    return Rules(settings.timezone, settings.settle_after)


def mart_settings_of(settings: Settings) -> MartSettings:
    """The settings that marts depend on."""
    return MartSettings(
        timezone=settings.timezone,
        redial_max_attempts=settings.redial_max_attempts,
        redial_min_gap_minutes=settings.redial_min_gap_minutes,
    )
