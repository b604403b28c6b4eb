"""The settings that decide what rows say, as the oracle knows them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Rules:
    """`seeds`: the text of the user's own mappings, by name of file without its ending."""

    timezone: str = "UTC"
    settle_hours: float = 24
    redial_max_attempts: int = 3
    redial_min_gap_minutes: float = 30
    redial_max_age_days: float | None = None
    engaged_seconds: float = 30
    campaign_key: str | None = None
    callback_keys: tuple[str, ...] = ("call_time", "callback_time")
    callback_tolerance_minutes: float = 30
    seeds: Mapping[str, str] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def settings(self) -> dict[str, str]:
        """Those that differ from the defaults, as names and texts of settings without their prefix."""
        own = {name: value for name, value in vars(self).items() if name != "seeds" and value != getattr(Rules, name)}
        return {name: ",".join(value) if isinstance(value, tuple) else str(value) for name, value in own.items()}
