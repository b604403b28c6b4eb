"""The stages after the lake: load what changed, rebuild the marts, publish; each does nothing when nothing changed."""

from datetime import date

from dialflo_pipeline.days import registered_days, survey
from dialflo_pipeline.marts import MartSettings, build, marts_are_current
from dialflo_pipeline.publish import is_published, publish
from dialflo_pipeline.rules import Rules
from dialflo_pipeline.warehouse import count_rows, load, stale_days
from dialflo_pipeline.workspace import Workspace


def days_to_load(workspace: Workspace, rules: Rules) -> dict[date, str | None]:
    """The days whose rows in the warehouse are not those of the lake, with the fingerprint to load; None: remove.

    A day whose derived files wait to be derived again keeps the rows it has.
    """
    current = _current_days(workspace, rules)
    waiting = set(registered_days(workspace.lake)) - current.keys()
    stale = stale_days(workspace.private, current)
    return {day: current.get(day) for day in stale if day not in waiting}


def _current_days(workspace: Workspace, rules: Rules) -> dict[date, str]:
    statuses = survey(workspace.lake, registered_days(workspace.lake), rules)
    return {status.day: status.fingerprint for status in statuses if status.is_current}


def load_warehouse(workspace: Workspace, rules: Rules, *, rebuild: bool = False) -> dict[str, int]:
    """Load the days that changed (to `rebuild`: all), in one transaction; rows loaded by table."""
    days = days_to_load(workspace, rules)
    if rebuild:
        days |= _current_days(workspace, rules)
    if not days and workspace.private.exists():
        return {}
    return load(workspace.private, workspace.lake, days)


def rows_in_warehouse(workspace: Workspace) -> dict[str, int]:
    """All rows of the loaded tables, by table."""
    return count_rows(workspace.private)


def build_marts(workspace: Workspace, settings: MartSettings, *, rebuild: bool = False) -> dict[str, int]:
    """Make the marts anew if the tables, the settings or the SQL changed, or to `rebuild`; rows by model."""
    if not rebuild and marts_are_current(workspace.private, settings):
        return {}
    return build(workspace.private, settings)


def publish_warehouse(workspace: Workspace, *, rebuild: bool = False) -> bool:
    """Put the newest state before the readers; False if they have it already and it is not to `rebuild`."""
    if not rebuild and is_published(workspace.private, workspace.published):
        return False
    publish(workspace.private, workspace.published, workspace.aside)
    return True


def is_up_to_date(workspace: Workspace, rules: Rules, settings: MartSettings) -> bool:
    """Whether readers have everything that the lake's derived files hold."""
    return (
        workspace.published.exists()
        and not days_to_load(workspace, rules)
        and marts_are_current(workspace.private, settings)
        and is_published(workspace.private, workspace.published)
    )
