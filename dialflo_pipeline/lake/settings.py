"""The settings that flattened rows depend on; only a change of these makes days stale."""

from dataclasses import dataclass
from datetime import timedelta

from dialflo_pipeline.core.seeds import SEED_FOLDER, read_words
from dialflo_pipeline.core.settings import Settings


@dataclass(frozen=True)
class LakeSettings:
    """The settings that the rows of the lake's flattened tables depend on."""

    timezone: str
    settle_after: timedelta
    default_region: str | None = None
    own_statuses: tuple[tuple[str, str], ...] = ()
    """The customer's own call statuses, in capitals, each with its outcome; they decide which calls are open."""

    @property
    def status_words(self) -> dict[str, str]:
        """`own_statuses` by word."""
        return dict(self.own_statuses)


def lake_settings_of(settings: Settings) -> LakeSettings:
    """The settings that flattened rows depend on. Raises `SettingsError` if a mapping of words is invalid."""
    words = read_words(settings.data_dir / SEED_FOLDER)
    own_statuses = tuple(sorted((word.word, word.meaning) for word in words if word.kind == "status"))
    return LakeSettings(settings.timezone, settings.settle_after, settings.default_region, own_statuses)
