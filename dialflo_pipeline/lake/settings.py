"""The settings that flattened rows depend on; only a change of these makes days stale."""

from dataclasses import dataclass
from datetime import timedelta

from dialflo_pipeline.core.settings import Settings


@dataclass(frozen=True)
class LakeSettings:
    """The settings that the rows of the lake's flattened tables depend on."""

    timezone: str
    settle_after: timedelta
    default_region: str | None = None


def lake_settings_of(settings: Settings) -> LakeSettings:
    """The settings that flattened rows depend on."""
    return LakeSettings(settings.timezone, settings.settle_after, settings.default_region)
