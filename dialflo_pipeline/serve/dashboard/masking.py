"""Mask phone numbers: enough digits to distinguish two, not enough to call or identify a person. Pure."""

import re
from collections import defaultdict
from collections.abc import Iterable

import polars as pl

from dialflo_pipeline.core.phone_numbers import e164
from dialflo_pipeline.serve.dashboard.limits import Frames

HIDDEN = "••••"
KEPT_DIGITS = 2

_NUMBERS = ("contact_number", "from_number")
_LINK = re.compile(r"https?://[^\s/?#]", re.IGNORECASE)


def only_links(frames: Frames) -> Frames:
    """Keep the recording links that a browser can open; drop all other addresses."""
    links = [url if url and _LINK.match(url) else None for url in frames["calls"]["recording_url"]]
    return frames | {"calls": _with(frames["calls"], "recording_url", links)}


def masked_frames(frames: Frames) -> Frames:
    """Mask all phone numbers, and drop links that contain the number of their call."""
    calls = frames["calls"]
    linked = zip(calls["recording_url"], calls["contact_number"], calls["from_number"], strict=True)
    links = [None if any(_is_revealed(number, url) for number in numbers) else url for url, *numbers in linked]
    calls = _with(calls, "recording_url", links)
    for column in _NUMBERS:
        calls = _with(calls, column, [masked(number) for number in calls[column]])
    masks = distinct_masks(frames["numbers"]["from_number_e164"])
    by_number = {
        name: _with(frame, "from_number_e164", [masks.get(number) for number in frame["from_number_e164"]])
        for name in ("numbers", "number_flags")
        for frame in [frames[name]]
    }
    return {name: _campaigns_masked(frame) for name, frame in (frames | {"calls": calls} | by_number).items()}


def masked(number: str | None) -> str | None:
    """The last digits of a number; none of a short one."""
    if number is None:
        return None
    digits = re.sub(r"\D", "", number)
    return f"{HIDDEN} {digits[-KEPT_DIGITS:]}" if len(digits) > 2 * KEPT_DIGITS else HIDDEN


def distinct_masks(numbers: Iterable[str | None]) -> dict[str, str]:
    """A distinct mask for each number; numbers with the same ending are counted in numeric order."""
    alike: dict[str, list[str]] = defaultdict(list)
    for number in sorted({number for number in numbers if number}):
        # A placeholder for many numbers is not a number.
        alike[number if number.startswith("(") else str(masked(number))].append(number)
    return {
        number: mask if len(some) == 1 else f"{mask} ({place})"
        for mask, some in alike.items()
        for place, number in enumerate(some, start=1)
    }


def _is_revealed(number: str | None, url: str | None) -> bool:
    digits = re.sub(r"\D", "", number or "")
    # Without the country code, which an address may omit.
    return bool(url) and len(digits) >= 7 and digits[-7:] in re.sub(r"[^0-9A-Za-z/]", "", url or "")


def _campaigns_masked(frame: pl.DataFrame) -> pl.DataFrame:
    """Mask campaigns that are phone numbers."""
    if "campaign" not in frame.columns:
        return frame
    masks = {text: masked(text) for text in frame["campaign"].unique() if text and e164(text)}
    return frame.with_columns(pl.col("campaign").replace(masks)) if masks else frame


def _with(frame: pl.DataFrame, column: str, values: Iterable[str | None]) -> pl.DataFrame:
    return frame.with_columns(pl.Series(column, list(values), dtype=pl.String))
