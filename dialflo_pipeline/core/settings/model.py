"""The settings: read from the environment or a `.env` file, validated once, every problem told at once.

Nothing else in the package reads the environment for configuration.
"""

import re
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from dialflo_pipeline.core.calling_hours import parse_days, parse_hours
from dialflo_pipeline.core.errors import SettingsError
from dialflo_pipeline.core.phone_numbers import is_region

ENV_PREFIX = "DIALFLO_"
SLOWEST_RATE = 0.001
"""Requests per second: one in some 17 minutes."""

_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATABASE = re.compile(r"(?:postgresql|mysql|mariadb|sqlite)(?:\+\w+)?://.*", re.DOTALL)
_SELECT = re.compile(r"(?:\s|\(|--[^\n]*\n|/\*.*?\*/)*(?:select|with)\b", re.DOTALL | re.IGNORECASE)
_CURSOR = re.compile(r"(?<![:\w\\]):cursor\b")


def _day(text: object) -> object:
    if isinstance(text, str) and not _DAY.fullmatch(text):
        raise ValueError("is no day; write it like 2026-01-31")
    return text


def _zone_name(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("is no IANA time zone; write it like Asia/Kolkata or UTC")
    return name


def _region(text: str) -> str:
    code = text.strip().upper()
    if not is_region(code):
        raise ValueError("is not a country or region (expected two letters, such as IN)")
    return code


def _is_address(url: str, *schemes: str) -> bool:
    # httpx is slow to import and only this check would need it: `dialflo --help` must stay quick.
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        is_address = parts.scheme in schemes and parts.hostname is not None and parts.port != 0
    except ValueError:
        return False  # what it says of the reason may hold a password
    return is_address and url.isprintable() and " " not in url


def _holds_user(url: str) -> bool:
    from urllib.parse import urlsplit

    return bool(urlsplit(url).username or urlsplit(url).password)


def _http_url(url: str) -> str:
    if not _is_address(url, "http", "https"):
        raise ValueError("is no http(s) address; write it like https://api.dialflo.ai")
    if _holds_user(url) or "?" in url or "#" in url:
        raise ValueError("must not hold a user, a password, a query or a fragment")
    return url.rstrip("/")


def _webhook_url(url: SecretStr) -> SecretStr:
    text = url.get_secret_value()
    if not _is_address(text, "http", "https") or _holds_user(text) or not text.isascii():
        raise ValueError("is no http(s) address to post to")
    return url


def _smtp_url(url: SecretStr) -> SecretStr:
    from urllib.parse import urlsplit

    text = url.get_secret_value()
    if not _is_address(text, "smtp", "smtps") or urlsplit(text).path.strip("/") or "?" in text or "#" in text:
        raise ValueError(
            "is no mail server; write it like smtp://user:password@host:587 (smtps for TLS from the first byte),"
            " and characters such as / ? # @ in the password as %2F %3F %23 %40"
        )
    if bool(urlsplit(text).username) != bool(urlsplit(text).password):
        raise ValueError("has a user without a password, or a password without a user")
    return url


def _mail_addresses(text: str | None, info: ValidationInfo) -> str | None:
    if not text:
        if info.data.get("notify_smtp") is not None:
            raise ValueError("is missing: DIALFLO_NOTIFY_SMTP needs to know from and to whom")
        return None
    addresses = [address.strip() for address in text.split(",")]
    if not all(_is_mail_address(address) for address in addresses):
        raise ValueError("is no mail address; write it like data@example.com, several with commas between them")
    if info.field_name == "notify_from" and len(addresses) > 1:
        raise ValueError("must be one address")
    return ",".join(addresses)


def _is_mail_address(text: str) -> bool:
    name, _, host = text.rpartition("@")
    return bool(name and host) and text.isprintable() and not any(mark in text for mark in ' <>"')


def _header_safe(token: SecretStr) -> SecretStr:
    text = token.get_secret_value()
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("holds a blank, a line end or a character that no HTTP header may carry")
    return token


def _nameable(path: Path) -> Path:
    text = str(path)
    if "\0" in text or not _is_utf8(text):
        raise ValueError("holds a character that no path may have")
    if "?" in text:
        raise ValueError("holds a question mark, behind which Dagster would cut the path off")
    try:
        return path.expanduser()
    except RuntimeError:
        raise ValueError("begins with the home folder of a user who is not known here") from None


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _pace(rate: float) -> float:
    if 0 < rate < SLOWEST_RATE:
        raise ValueError(f"must be 0 for no limit, or at least {SLOWEST_RATE}")
    return rate


def _database_url(dsn: SecretStr) -> SecretStr:
    if not _DATABASE.fullmatch(dsn.get_secret_value()):
        # What it says may hold a password, so nothing of it is quoted; the parser of such addresses is slow to import.
        raise ValueError(
            "is no address of a database that can be read; write it like postgresql://user:password@host/database,"
            " mysql://user:password@host/database or sqlite:////folder/file.db"
        )
    return dsn


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
    data_dir: Annotated[Path, AfterValidator(_nameable)] = Path("data")
    timezone: Annotated[str, AfterValidator(_zone_name)] = "UTC"
    default_region: Annotated[str, AfterValidator(_region)] | None = None
    rate_limit: Annotated[float, AfterValidator(_pace)] = Field(
        default=10, ge=0, allow_inf_nan=False, description="requests per second"
    )
    max_concurrency: int = Field(default=16, ge=1, le=1024)
    tries: int = Field(default=5, ge=1, le=100)
    timeout_seconds: float = Field(default=30, ge=0.001, le=3600, allow_inf_nan=False)
    start_date: Annotated[date, BeforeValidator(_day)] | None = None
    settle_hours: float = Field(default=24, ge=0, le=24 * 3660, allow_inf_nan=False)
    engaged_seconds: float = Field(default=30, ge=0, allow_inf_nan=False)
    campaign_key: str | None = None
    redial_max_attempts: int = Field(default=3, ge=1, le=1_000_000)
    redial_min_gap_minutes: float = Field(default=30, ge=0, le=60 * 24 * 3660, allow_inf_nan=False)
    tasks_dsn: Annotated[SecretStr, AfterValidator(_database_url)] | None = None
    tasks_query: str | None = Field(default=None, validate_default=True)
    tasks_cursor_column: str | None = None
    tasks_overlap_minutes: float = Field(default=60, ge=0, le=60 * 24 * 3660, allow_inf_nan=False)
    notify_webhook: Annotated[SecretStr, AfterValidator(_webhook_url)] | None = None
    notify_webhook_form: Literal["auto", "text", "card"] = "auto"
    notify_smtp: Annotated[SecretStr, AfterValidator(_smtp_url)] | None = None
    notify_from: Annotated[str | None, AfterValidator(_mail_addresses)] = Field(default=None, validate_default=True)
    notify_to: Annotated[str | None, AfterValidator(_mail_addresses)] = Field(default=None, validate_default=True)
    notify_warnings: bool = Field(default=False, description="whether checks that only warn are told too")
    notify_ui_url: Annotated[str, AfterValidator(_http_url)] | None = None
    callback_keys: Annotated[str, AfterValidator(_keys)] = "call_time,callback_time"
    callback_tolerance_minutes: float = Field(default=30, ge=0, le=60 * 24 * 366, allow_inf_nan=False)
    calling_hours: Annotated[str, AfterValidator(_hours)] = "09:00-20:00"
    calling_days: Annotated[str, AfterValidator(_days)] = "mon-sat"
    redial_max_age_days: float | None = Field(default=None, gt=0, le=3660, allow_inf_nan=False)

    @field_validator("tasks_query")
    @classmethod
    def _goes_with_its_database(cls, query: str | None, info: ValidationInfo) -> str | None:
        if query is not None and not (_SELECT.match(query) and _CURSOR.search(query)):
            raise ValueError("must be one SELECT with the parameter :cursor, like … WHERE updated_at >= :cursor")
        has_database = info.data.get("tasks_dsn", ...) is not None  # one that is wrong is told of by itself
        if (query is not None) != has_database and "tasks_dsn" in info.data:
            raise ValueError(
                "is missing: DIALFLO_TASKS_DSN is set and needs a query to ask its database"
                if has_database
                else "is set, but not DIALFLO_TASKS_DSN, the database that it asks"
            )
        return query

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone in which a call's day and hour are reckoned."""
        return ZoneInfo(self.timezone)

    @property
    def notify_receivers(self) -> tuple[str, ...]:
        """The addresses that get mails."""
        return tuple(self.notify_to.split(",")) if self.notify_to else ()

    @property
    def settle_after(self) -> timedelta:
        """How long after its completion an unsettled call is asked for again."""
        return timedelta(hours=self.settle_hours)


def find_env_file(start: Path) -> Path | None:
    """The nearest `.env` in `start` or a folder above it."""
    return next((path for folder in (start, *start.parents) if (path := folder / ".env").is_file()), None)


def env_file_changed_at(start: Path | None = None) -> datetime | None:
    """When the `.env` that is read, its contents or its name, was last changed; None if there is none."""
    try:
        seen = path.stat() if (path := find_env_file(start or Path.cwd())) else None
    except OSError:
        return None  # taken away meanwhile
    return datetime.fromtimestamp(max(seen.st_mtime, seen.st_ctime), UTC) if seen else None


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
    return settings.model_copy(update={"data_dir": (base / settings.data_dir).resolve()})


def _all_problems(error: ValidationError) -> str:
    lines = [
        f"  {ENV_PREFIX}{str(problem['loc'][0]).upper()} {problem['msg'].removeprefix('Value error, ')}"
        for problem in error.errors(include_input=False, include_url=False)
    ]
    return "\n".join(["These settings are wrong (environment or .env):", *lines])
