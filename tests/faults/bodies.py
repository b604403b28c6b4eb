"""The table of bodies: what the API may send with status 200, a line each, with where each value must be found."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

ZONE: Final = "Europe/Berlin"
"""Its clocks went forward on 2024-03-31 and back on 2024-10-27, both at 01:00 UTC."""


@dataclass(frozen=True)
class Body:
    """A body and what becomes of it: how its asking ends, values of its first call, and the paths rejected."""

    name: str
    body: bytes
    result: str = "usable"
    columns: dict[str, Any] = field(default_factory=dict)
    extra: Any = None
    """What `extra` reads as; numbers as text, marked by a #."""
    metadata: dict[str, tuple[str | None, str]] = field(default_factory=dict)
    context: dict[str, tuple[str | None, str]] = field(default_factory=dict)
    rejects: Sequence[str] = ()
    calls: int = 1


def call(members: str = "") -> bytes:
    """An array of one call, finished and busy, with these members beside."""
    return ('[{"call_status": "BUSY"' + (f", {members}" if members else "") + "}]").encode()


def garbage(name: str, body: bytes) -> Body:
    return Body(name, body, "garbage", calls=0)


def empty(name: str, body: bytes, elements: int = 0) -> Body:
    """No call: each element of an array is a reject, and the answer is one more."""
    return Body(name, body, "empty", rejects=[""] * (elements + 1), calls=0)


def text(name: str, members: str, **columns: Any) -> Body:
    return Body(name, call(members), columns=columns)


def left(name: str, members: str, extra: Any) -> Body:
    return Body(name, call(members), extra=extra)


def rejected(name: str, members: str, *paths: str, **columns: Any) -> Body:
    return Body(name, call(members), rejects=paths, columns=columns)


def keys(name: str, members: str, **found: tuple[str | None, str]) -> Body:
    return Body(name, call(f'"call_context": {{{members}}}'), context=found)


def duration(written: str, seconds: float | None) -> Body:
    path = ["call_duration"] if seconds is None else []
    return Body(f"a duration of {written[:20]}", call(f'"call_duration": {written}'), rejects=path).with_duration(
        seconds
    )


def moment(written: str, iso: str | None) -> Body:
    due = datetime.fromisoformat(iso).replace(tzinfo=UTC) if iso else None
    return Body(
        f"a time of {written}",
        call(f'"end_time": {json.dumps(written)}'),
        columns={"ended_at": due},
        rejects=[] if iso else ["end_time"],
    )
