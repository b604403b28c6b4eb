"""The settings: read from the environment or a `.env` file, validated once, every problem told at once.

Nothing else in the package reads the environment for configuration.
"""

from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from dialflo_pipeline.calling_hours import parse_days, parse_hours
from dialflo_pipeline.errors import SettingsError

ENV_PREFIX = "DIALFLO_"


def _zone_name(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("is no IANA time zone; write it like Asia/Kolkata or UTC")
    return name


def _http_url(url: str) -> str:
    # httpx is slow to import and only this check would need it: `dialflo --help` must stay quick.
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and parts.hostname is not None and parts.port != 0
    except ValueError:
        is_address = False  # what it says of the reason may hold a password
    if not is_address or not url.isprintable() or " " in url:
        raise ValueError("is no http(s) address; write it like https://api.dialflo.ai")
    if parts.username or parts.password or "?" in url or "#" in url:
        raise ValueError("must not hold a user, a password, a query or a fragment")
    return url.rstrip("/")


def _header_safe(token: SecretStr) -> SecretStr:
    text = token.get_secret_value()
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("holds a blank, a line end or a character that no HTTP header may carry")
    return token


def _keys(text: str) -> str:
    keys = [key.strip() for key in text.split(",")]
    if not all(keys) or len(set(keys)) < len(keys):
        raise ValueError("must be different keys with commas between them")
    return ",".join(keys)


def _hours(text: str) -> str:
    parse_hours(text)
    return text


def _days(text: str) -> str:
    parse_days(text)
    return text


class Settings(BaseSettings):
    """Every setting, with its default; names in the environment are these with the prefix `DIALFLO_`."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    api_token: Annotated[SecretStr, AfterValidator(_header_safe)] | None = None
    base_url: Annotated[str, AfterValidator(_http_url)] = "https://api.dialflo.ai"
    data_dir: Path = Path("data")
    timezone: Annotated[str, AfterValidator(_zone_name)] = "UTC"
    rate_limit: float = Field(default=10, ge=0, allow_inf_nan=False, description="requests per second")
    max_concurrency: int = Field(default=16, ge=1, le=1024)
    tries: int = Field(default=5, ge=1, le=100)
    timeout_seconds: float = Field(default=30, gt=0, le=3600, allow_inf_nan=False)
    start_date: date | None = None
    settle_hours: float = Field(default=24, ge=0, le=24 * 3660, allow_inf_nan=False)
    engaged_seconds: float = Field(default=30, ge=0, allow_inf_nan=False)
    campaign_key: str | None = None
    redial_max_attempts: int = Field(default=3, ge=1, le=1_000_000)
    redial_min_gap_minutes: float = Field(default=30, ge=0, le=60 * 24 * 3660, allow_inf_nan=False)
    callback_keys: Annotated[str, AfterValidator(_keys)] = "call_time,callback_time"
    callback_tolerance_minutes: float = Field(default=30, ge=0, le=60 * 24 * 366, allow_inf_nan=False)
    calling_hours: Annotated[str, AfterValidator(_hours)] = "09:00-20:00"
    calling_days: Annotated[str, AfterValidator(_days)] = "mon-sat"
    redial_max_age_days: float | None = Field(default=None, gt=0, le=3660, allow_inf_nan=False)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone in which a call's day and hour are reckoned."""
        return ZoneInfo(self.timezone)

    @property
    def settle_after(self) -> timedelta:
        """How long after its completion an unsettled call is asked for again."""
        return timedelta(hours=self.settle_hours)


def find_env_file(start: Path) -> Path | None:
    """The nearest `.env` in `start` or a folder above it."""
    return next((path for folder in (start, *start.parents) if (path := folder / ".env").is_file()), None)


def load_settings(start: Path | None = None) -> Settings:
    """Read and check the settings; a relative data directory becomes absolute.

    Raises `SettingsError` with one line for each setting that is wrong.
    """
    start = start or Path.cwd()
    env_file = find_env_file(start)
    try:
        settings = Settings(_env_file=env_file, _env_file_encoding="utf-8-sig")
    except ValidationError as error:
        raise SettingsError(_all_problems(error)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{env_file} cannot be read: {type(error).__name__}. Save it as UTF-8 text.") from None
    base = env_file.parent if env_file else start
    return settings.model_copy(update={"data_dir": (base / settings.data_dir.expanduser()).resolve()})


def _all_problems(error: ValidationError) -> str:
    lines = [
        f"  {ENV_PREFIX}{str(problem['loc'][0]).upper()} {problem['msg'].removeprefix('Value error, ')}"
        for problem in error.errors(include_input=False, include_url=False)
    ]
    return "\n".join(["These settings are wrong (environment or .env):", *lines])
