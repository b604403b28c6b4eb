"""Reload Dagster's definitions when new days are registered, for `dialflo dev` and `dialflo page`.

Dagster computes the partitions when it loads the definitions. An id of an earlier or a future day needs a reload: the
web server does that only on request, the daemon by itself within a minute.
"""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import partial
from typing import TypeAlias

from dialflo_pipeline.cli.console import say_hint
from dialflo_pipeline.core.schema import TASK_IDS
from dialflo_pipeline.core.settings import Settings
from dialflo_pipeline.lake.data_dir import DataDir

OuterDays: TypeAlias = tuple[date | None, date | None]

EVERY_SECONDS = 10.0
ANSWER_WITHIN_SECONDS = 60.0

_RELOAD = """
mutation {
  reloadWorkspace {
    __typename
    ... on Workspace { locationEntries { locationOrLoadError { __typename } } }
  }
}
"""


@contextmanager
def reloading_for_new_days(settings: Settings, page: str, every_seconds: float = EVERY_SECONDS) -> Iterator[None]:
    """Within this context, reload the definitions of the Dagster at `page` when new days are registered."""
    ended = threading.Event()
    watch = partial(_watch, settings, page, every_seconds, ended, shown=outer_days(settings))
    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield
    finally:
        ended.set()
        watching.join()


def outer_days(settings: Settings) -> OuterDays:
    """What the partitions depend on: the first day with a task, and the last one if it is in the future."""
    days = DataDir(settings.data_dir).lake.days(TASK_IDS)
    today = datetime.now(settings.zone).date()
    first = settings.start_date or min(days, default=None)
    return first, max((day for day in days if day > today), default=None)


def reload_definitions(page: str) -> bool:
    """Ask the web server to reload all definitions; whether it did."""
    body = json.dumps({"query": _RELOAD}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{page}/graphql", body, headers)  # noqa: S310 - always this machine's http
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_WITHIN_SECONDS) as response:  # noqa: S310 - as above
            entries = json.load(response)["data"]["reloadWorkspace"]["locationEntries"]
        loaded = {entry["locationOrLoadError"]["__typename"] for entry in entries}
    except (OSError, ValueError, KeyError, TypeError):
        return False  # usually because it is still starting; the next check asks again
    return loaded == {"RepositoryLocation"}


def _watch(settings: Settings, page: str, every_seconds: float, ended: threading.Event, shown: OuterDays) -> None:
    while not ended.wait(every_seconds):
        found = outer_days(settings)
        if found != shown and reload_definitions(page):
            say_hint(f"Reloaded the partitions: the first registered day is {found[0]}.")
            shown = found
