"""The options of a simulation. Equal options give equal tasks and responses, in any process."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


def _yesterday() -> date:
    return datetime.now(UTC).date() - timedelta(days=1)


class SimulatorOptions(BaseModel):
    """The simulated campaign and the behaviour of the server. Values out of range raise `ValidationError`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = 7
    days: int = Field(default=14, ge=1, le=3660, description="campaign days, the last one included")
    tasks_per_day: int = Field(default=100, ge=1, le=1_000_000, description="approximate mean over a week")
    last_day: date = Field(default_factory=_yesterday, description="UTC day of the last calls; yesterday by default")
    documents: Path | None = Field(
        default=None, description="a folder of <task_id>.json served byte for byte instead of a campaign"
    )

    port: int = Field(default=0, ge=0, le=65_535, description="0 picks a free port")
    token: str = Field(default="open-sesame", min_length=1)
    latency_seconds: float = Field(default=0, ge=0, le=600, allow_inf_nan=False, description="mean")
    latency_jitter: float = Field(default=0.3, ge=0, le=2, description="sigma of the log-normal latency; 0 is steady")
    rate_limit: float = Field(default=0, ge=0, allow_inf_nan=False, description="requests per second; 0 means no limit")
    rate_burst: int | None = Field(default=None, ge=1, description="requests at a time; by default those of one second")
    error_share: float = Field(default=0, ge=0, le=1, description="share of requests answered with 500")
    unsettled_share: float = Field(default=0, ge=0, le=1, description="share of tasks that are unsettled at first")
    unsettled_days: int | None = Field(
        default=None, ge=0, description="only tasks of this many last days can be unsettled; None means all"
    )


def demo_options(last_day: date | None = None) -> SimulatorOptions:
    """The simulation of `dialflo demo`: two weeks with a few errors and unsettled tasks, quick to fetch."""
    chosen = {} if last_day is None else {"last_day": last_day}
    return SimulatorOptions.model_validate(
        {"error_share": 0.02, "unsettled_share": 0.1, "unsettled_days": 1, "latency_seconds": 0.01, **chosen}
    )
