"""Which place of a call object fills which column: the one list that both readers of an answer follow.

Nothing here reads anything.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from dialflo_pipeline.core.schema.tables import CALL_CONTEXT, CALL_METADATA, Table

Path: TypeAlias = tuple[str, ...]
"""Keys from the call object inwards; () is the call object."""


class Kind(StrEnum):
    """How a field's value is read."""

    TEXT = "text"
    TIME = "time"
    NUMBER = "number"
    DURATION = "duration"
    CONFIDENCE = "confidence"


@dataclass(frozen=True, slots=True)
class Field:
    """A single value of a call object and the column of `calls` it fills."""

    column: str
    path: Path
    kind: Kind = Kind.TEXT


CALL: Final[Path] = ()
INSIGHTS: Final[Path] = ("call_insights",)
INTEREST: Final[Path] = (*INSIGHTS, "user_interest")
NEXT_ACTION: Final[Path] = (*INSIGHTS, "next_action")
QUALITY: Final[Path] = ("call_quality",)
ENGAGEMENT: Final[Path] = (*QUALITY, "user_engagement")
SATISFACTION: Final[Path] = (*QUALITY, "user_satisfaction")

PARENTS: Final = (INSIGHTS, INTEREST, NEXT_ACTION, QUALITY, ENGAGEMENT, SATISFACTION)
"""Objects whose values fill columns, outer before inner. NEXT_ACTION may also be a single value: its own `value`."""

STATUS: Final[Path] = ("call_status",)
STATUS_INSTEAD: Final[Path] = ("call_outcome",)
"""Fills call_status where STATUS is null or absent; else it is nothing that a column holds."""

FIELDS: Final = (
    Field("call_id", ("call_id",)),
    Field("agent_id", ("agent_id",)),
    Field("agent_name", ("agent_name",)),
    Field("call_status", STATUS),
    Field("call_direction", ("call_direction",)),
    Field("from_number", ("from_number",)),
    Field("to_number", ("to_number",)),
    Field("initiated_at", ("initiation_time",), Kind.TIME),
    Field("answered_at", ("answer_time",), Kind.TIME),
    Field("ended_at", ("end_time",), Kind.TIME),
    Field("call_duration_seconds", ("call_duration",), Kind.DURATION),
    Field("billed_duration_seconds", ("billed_duration",), Kind.DURATION),
    Field("interest_status", (*INTEREST, "status")),
    Field("interest_reasoning", (*INTEREST, "reasoning")),
    Field("interest_confidence", (*INTEREST, "confidence_score"), Kind.CONFIDENCE),
    Field("next_action", (*NEXT_ACTION, "value")),
    Field("next_action_reason", (*NEXT_ACTION, "reason")),
    Field("engagement_score", (*ENGAGEMENT, "value"), Kind.NUMBER),
    Field("satisfaction_score", (*SATISFACTION, "value"), Kind.NUMBER),
    Field("outcome_reason", ("outcome_reason",)),
    Field("hangup_cause", ("hangup_cause_name",)),
    Field("hangup_source", ("hangup_source",)),
    Field("call_recording_url", ("call_recording_url",)),
)

VALUES: Final = (*(field.path for field in FIELDS), STATUS_INSTEAD)
"""The places of single values. So may be NEXT_ACTION, mostly an object."""

KEY_VALUES: Final[dict[Path, Table]] = {(*INSIGHTS, "metadata"): CALL_METADATA, ("call_context",): CALL_CONTEXT}
"""Objects of which every key is a row of a table."""
