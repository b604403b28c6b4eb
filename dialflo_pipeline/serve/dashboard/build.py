"""Build the dashboard if it would change, and replace the old page in one step."""

import hashlib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from dialflo_pipeline import __version__
from dialflo_pipeline.core.errors import DamagedFile, DashboardFailed, DialfloError, NotPublished
from dialflo_pipeline.marts.build import built_fingerprint
from dialflo_pipeline.marts.project import sql_folder
from dialflo_pipeline.serve.dashboard.encode import packed
from dialflo_pipeline.serve.dashboard.html import document
from dialflo_pipeline.serve.dashboard.limits import MOST, Frames, Limits, within
from dialflo_pipeline.serve.dashboard.masking import masked_frames, only_links
from dialflo_pipeline.serve.dashboard.queries import FOLDER, read_frames
from dialflo_pipeline.storage import duckdb_file
from dialflo_pipeline.storage.atomic_write import write_atomically

_HEAD_BYTES = 2_000
"""The start of a page, which has the state it was built from."""


@dataclass(frozen=True)
class Dashboard:
    """The dashboard on disk."""

    path: Path
    byte_count: int
    is_new: bool
    """Whether it was written; False if it was already current."""


def build_dashboard(
    published: Path, target: Path, aside: Path, *, unmask: bool = False, rebuild: bool = False
) -> Dashboard:
    """Write the published figures to `target`, with phone numbers masked unless `unmask`.

    A current page is left as it is, unless `rebuild`. `aside` is a folder on the disk of `target`.
    Raises `NotPublished` if nothing is published, `DashboardFailed` if the page cannot be written.
    """
    if not published.exists():
        raise NotPublished(f"There is no published warehouse at {published} yet; run `dialflo sync` first.")
    try:
        state = _states(published)[unmask]
        if not rebuild and _state_of(target) == state:
            return Dashboard(target, target.stat().st_size, is_new=False)
        text = page(read_frames(published), state, unmask=unmask)
        if target.is_file() and target.read_bytes() == text.encode():
            return Dashboard(target, target.stat().st_size, is_new=False)
        with write_atomically(target, aside) as unfinished:
            unfinished.write_text(text, encoding="utf-8")
    except DamagedFile:
        raise  # the caller repairs it and calls again
    except Exception as error:
        remedy = "Nothing else depends on it; `dialflo dashboard` tries again."
        raise DashboardFailed(f"{target} could not be written: {_reason(error)}. {remedy}") from error
    return Dashboard(target, target.stat().st_size, is_new=True)


def _reason(error: Exception) -> str:
    match error:
        case OSError(strerror=str(problem)):
            return f"{problem}: {error.filename}"
        case DialfloError():
            return str(error).removesuffix(".")
        case _:  # unexpected, and its text may quote data
            return type(error).__name__


def is_current(published: Path, target: Path) -> bool:
    """Whether the page shows the newest published state, masked or not; True if nothing is published."""
    if not published.exists():
        return True
    shown = _state_of(target)
    return shown is not None and shown in _states(published).values()


def page(frames: Frames, state: str, *, unmask: bool) -> str:
    """The text of the page for these rows, whose phone numbers are not masked yet."""
    shown = only_links(frames)
    shown = shown if unmask else masked_frames(shown)
    data, limits = _packed_within(shown, MOST, is_masked=not unmask), MOST
    while len(data) > limits.data_bytes and limits.rows > 1:
        limits = replace(limits, rows=limits.rows * 2 // 3, contacts=limits.contacts * 2 // 3)
        data = _packed_within(shown, limits, is_masked=not unmask)
    return document(data, state)


def _packed_within(frames: Frames, limits: Limits, *, is_masked: bool) -> str:
    is_coarse = frames["backlog"].height > limits.contacts
    about = {"is_masked": is_masked, "version": __version__, "backlog_to_the_hour": is_coarse}
    return packed(within(frames, limits), about)


def _states(published: Path) -> dict[bool, str]:
    """The state of a page of this file, by whether it is unmasked; equal states give equal pages."""
    with duckdb_file.connect_read_only(published) as connection:
        parts = [__version__, _sources(), str(built_fingerprint(connection))]
    return {unmask: hashlib.sha256("\n".join([*parts, str(unmask)]).encode()).hexdigest() for unmask in (False, True)}


@cache
def _sources() -> str:
    """A fingerprint of everything in this package and in `sql/` that shapes the page."""
    paths = [*Path(__file__).parent.rglob("*.*"), *(sql_folder() / FOLDER).glob("*.sql")]
    files = sorted(path for path in paths if path.suffix in {".py", ".html", ".css", ".js", ".sql"})
    return hashlib.sha256(b"\n".join(path.read_bytes() for path in files)).hexdigest()


def _state_of(target: Path) -> str | None:
    """The state that the existing page was built from; None without a page."""
    if not target.is_file():
        return None
    with target.open("rb") as stream:
        head = stream.read(_HEAD_BYTES).decode("utf-8", errors="replace")
    _, found, rest = head.partition('<meta name="dialflo-state" content="')
    return rest[:64] if found else None
