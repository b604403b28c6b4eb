"""Which place of a call object fills which column of `calls`.

Both readers of a raw answer follow this list.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from dialflo_pipeline.core.schema import CALL_CONTEXT, CALL_METADATA, CALLS, Table, ValueKind

Path: TypeAlias = tuple[str, ...]
"""Keys from the call object inwards; () is the call object."""


@dataclass(frozen=True, slots=True)
class ReadRules:
    """What values are read by: the time zone of times without an offset, and the region of national numbers."""

    zone: ZoneInfo
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """A single value of a call object and the column of `calls` it fills."""

    column: str
    path: Path
    kind: ValueKind


def _fields(table: Table) -> tuple[Field, ...]:
    places = {name: column.metadata or {} for name, column in table.columns.items()}
    return tuple(
        Field(name, tuple(place["at"].split(".")), place["read_as"]) for name, place in places.items() if "at" in place
    )


FIELDS: Final = _fields(CALLS)

CALL: Final[Path] = ()
INSIGHTS: Final[Path] = ("call_insights",)
NEXT_ACTION: Final[Path] = (*INSIGHTS, "next_action")

PARENTS: Final = tuple(dict.fromkeys(field.path[:size] for field in FIELDS for size in range(1, len(field.path))))
"""Objects whose values fill columns, outer before inner. NEXT_ACTION may also be a single value: its own `value`."""

STATUS: Final[Path] = ("call_status",)
STATUS_INSTEAD: Final[Path] = ("call_outcome",)
"""Fills call_status where STATUS is null or absent; otherwise it goes to `extra`."""

VALUES: Final = (*(field.path for field in FIELDS), STATUS_INSTEAD)
"""The places of single values. NEXT_ACTION, mostly an object, may also be one."""

KEY_VALUES: Final[dict[Path, Table]] = {(*INSIGHTS, "metadata"): CALL_METADATA, ("call_context",): CALL_CONTEXT}
"""Objects of which every key is a row of a table."""
