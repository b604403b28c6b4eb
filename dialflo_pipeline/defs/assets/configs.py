"""The settings of the steps, as a run of Dagster's carries them."""

from dagster import Config


class DaysConfig(Config):
    """Which days to work on: those of the run's partitions, unless a span is given."""

    first_day: str | None = None
    """First day of the span, as YYYY-MM-DD."""
    last_day: str | None = None
    """Last day of the span, included."""


class FetchConfig(DaysConfig):
    """What to fetch."""

    retry_failed: bool = False
    """Also fetch ids that failed."""
    refetch: bool = False
    """Also fetch ids that are settled or not found; the newer usable answer wins."""


class RebuildConfig(Config):
    """How to build what is in DuckDB."""

    rebuild: bool = False
    """Build everything again, even what is current."""


class FlattenConfig(DaysConfig, RebuildConfig):
    """How to flatten a day's raw answers."""
