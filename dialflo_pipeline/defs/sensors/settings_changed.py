"""Since when the settings may be other ones than those under which earlier runs failed.

They come from the environment, which only a restart changes, and from a `.env`, whose file says when it was changed.
The settings themselves are not kept for comparison: the token is written nowhere.
"""

from datetime import UTC, datetime
from typing import Final

from dagster import SensorEvaluationContext

from dialflo_pipeline.core.settings import env_file_changed_at
from dialflo_pipeline.defs.internals.names import InstigatorType

ALWAYS: Final = datetime.min.replace(tzinfo=UTC)


def settings_since(context: SensorEvaluationContext, now: datetime) -> datetime:
    """When the daemon was first seen since its start, or the `.env` was changed, whichever is later.

    The cursor of the sensor remembers which daemon was seen last. At the first tick, nothing counts as new.
    """
    beat = context.instance.get_daemon_heartbeats().get(InstigatorType.SENSOR.value)
    daemon, seen = (beat and beat.daemon_id) or "none", (context.cursor or "").split()
    if not seen or seen[0] != daemon:
        seen = [daemon, (now if seen else ALWAYS).isoformat()]
        context.update_cursor(" ".join(seen))
    return max(datetime.fromisoformat(seen[1]), env_file_changed_at() or ALWAYS)
