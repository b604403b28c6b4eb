"""Every setting: its name, type, default and limits."""

import re
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from dialflo_pipeline.core.env_file import ENV_PREFIX
from dialflo_pipeline.core.settings.addresses import database_url, http_url, mail_addresses, smtp_url, webhook_url
from dialflo_pipeline.core.settings.validators import (
    calling_days_text,
    calling_hours_text,
    date_text,
    distinct_keys,
    header_value,
    region_code,
    request_rate,
    usable_path,
    zone_name,
)

_SELECT = re.compile(r"(?:\s|\(|--[^\n]*\n|/\*.*?\*/)*(?:select|with)\b", re.DOTALL | re.IGNORECASE)
_CURSOR = re.compile(r"(?<![:\w\\]):cursor\b")


class Settings(BaseSettings):
    """Every setting, with its default; names in the environment are these with the prefix `DIALFLO_`."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    api_token: Annotated[SecretStr, AfterValidator(header_value)] | None = None
    base_url: Annotated[str, AfterValidator(http_url)] = "https://api.dialflo.ai"
    data_dir: Annotated[Path, AfterValidator(usable_path)] = Path("data")
    timezone: Annotated[str, AfterValidator(zone_name)] = "UTC"
    default_region: Annotated[str, AfterValidator(region_code)] | None = None
    rate_limit: Annotated[float, AfterValidator(request_rate)] = Field(
        default=10, ge=0, allow_inf_nan=False, description="requests per second"
    )
    max_concurrency: int = Field(default=16, ge=1, le=1024)
    tries: int = Field(default=5, ge=1, le=100)
    timeout_seconds: float = Field(default=30, ge=0.001, le=3600, allow_inf_nan=False)
    start_date: Annotated[date, BeforeValidator(date_text)] | None = None
    settle_hours: float = Field(default=24, ge=0, le=24 * 3660, allow_inf_nan=False)
    engaged_seconds: float = Field(default=30, ge=0, allow_inf_nan=False)
    campaign_key: str | None = None
    redial_max_attempts: int = Field(default=3, ge=1, le=1_000_000)
    redial_min_gap_minutes: float = Field(default=30, ge=0, le=60 * 24 * 3660, allow_inf_nan=False)
    tasks_dsn: Annotated[SecretStr, AfterValidator(database_url)] | None = None
    tasks_query: str | None = Field(default=None, validate_default=True)
    tasks_cursor_column: str | None = None
    tasks_overlap_minutes: float = Field(default=60, ge=0, le=60 * 24 * 3660, allow_inf_nan=False)
    notify_webhook: Annotated[SecretStr, AfterValidator(webhook_url)] | None = None
    notify_webhook_form: Literal["auto", "text", "card"] = "auto"
    notify_smtp: Annotated[SecretStr, AfterValidator(smtp_url)] | None = None
    notify_from: Annotated[str | None, AfterValidator(mail_addresses)] = Field(default=None, validate_default=True)
    notify_to: Annotated[str | None, AfterValidator(mail_addresses)] = Field(default=None, validate_default=True)
    notify_warnings: bool = Field(default=False, description="whether warnings are notified too")
    notify_ui_url: Annotated[str, AfterValidator(http_url)] | None = None
    callback_keys: Annotated[str, AfterValidator(distinct_keys)] = "call_time,callback_time"
    callback_tolerance_minutes: float = Field(default=30, ge=0, le=60 * 24 * 366, allow_inf_nan=False)
    calling_hours: Annotated[str, AfterValidator(calling_hours_text)] = "09:00-20:00"
    calling_days: Annotated[str, AfterValidator(calling_days_text)] = "mon-sat"
    redial_max_age_days: float | None = Field(default=None, gt=0, le=3660, allow_inf_nan=False)

    @field_validator("tasks_query")
    @classmethod
    def _goes_with_its_database(cls, query: str | None, info: ValidationInfo) -> str | None:
        if query is not None and not (_SELECT.match(query) and _CURSOR.search(query)):
            raise ValueError("must be one SELECT with the parameter :cursor, like … WHERE updated_at >= :cursor")
        has_database = info.data.get("tasks_dsn", ...) is not None  # an invalid one is reported by itself
        if (query is not None) != has_database and "tasks_dsn" in info.data:
            raise ValueError(
                "is missing: DIALFLO_TASKS_DSN is set and needs a query"
                if has_database
                else "is set, but DIALFLO_TASKS_DSN, its database, is not"
            )
        return query

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone of a call's day and hour."""
        return ZoneInfo(self.timezone)

    @property
    def notify_receivers(self) -> tuple[str, ...]:
        """The addresses that get mails."""
        return tuple(self.notify_to.split(",")) if self.notify_to else ()

    @property
    def settle_after(self) -> timedelta:
        """How long after its completion an unsettled call is asked for again."""
        return timedelta(hours=self.settle_hours)
