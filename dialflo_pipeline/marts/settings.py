"""Which settings the marts depend on; a change of these, and of no other, makes them stale."""

from dataclasses import dataclass

from dialflo_pipeline.core.settings import Settings
from dialflo_pipeline.marts.seeds import SEED_FOLDER, Word, read_words


@dataclass(frozen=True)
class MartSettings:
    """What the marts are reckoned with; stored beside them in `pipeline.settings`."""

    timezone: str
    redial_max_attempts: int
    redial_min_gap_minutes: float
    engaged_seconds: float = 30
    campaign_key: str | None = None
    redial_max_age_days: float | None = None
    callback_keys: tuple[str, ...] = ("call_time", "callback_time")
    callback_tolerance_minutes: float = 30
    words: tuple[Word, ...] = ()
    """The user's own mappings of words, beside the shipped ones."""


def mart_settings_of(settings: Settings) -> MartSettings:
    """The settings that marts depend on, and the user's own mappings of words, which are read from the data folder.

    Raises `SettingsError` with one line for each row of them that is wrong.
    """
    return MartSettings(
        timezone=settings.timezone,
        redial_max_attempts=settings.redial_max_attempts,
        redial_min_gap_minutes=settings.redial_min_gap_minutes,
        engaged_seconds=settings.engaged_seconds,
        campaign_key=settings.campaign_key,
        redial_max_age_days=settings.redial_max_age_days,
        callback_keys=tuple(settings.callback_keys.split(",")),
        callback_tolerance_minutes=settings.callback_tolerance_minutes,
        words=read_words(settings.data_dir / SEED_FOLDER),
    )
