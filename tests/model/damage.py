"""Ways to damage a file that the pipeline keeps, and which files may be damaged how."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Final

from tests.model.found import DERIVED, lake_files


class Harm(StrEnum):
    """What happens to a file."""

    REMOVED = "removed"
    EMPTIED = "emptied"
    CUT = "cut"
    OVERWRITTEN = "overwritten"
    FLIPPED = "a bit flipped"


def harm(path: Path, kind: Harm, dice: Random) -> None:
    """Do it; a file that is not there stays away."""
    if not path.exists():
        return
    content = path.read_bytes()
    match kind:
        case Harm.REMOVED:
            path.unlink()
        case Harm.EMPTIED:
            path.write_bytes(b"")
        case Harm.CUT:
            path.write_bytes(content[: dice.randrange(len(content))] if content else b"")
        case Harm.OVERWRITTEN:
            path.write_bytes(dice.randbytes(len(content)))
        case Harm.FLIPPED:
            place = dice.randrange(len(content) or 1)
            path.write_bytes(content[:place] + bytes([content[place] ^ 1 << dice.randrange(8)]) + content[place + 1 :])


def _one_of(paths: list[Path], dice: Random) -> Path | None:
    return dice.choice(paths) if paths else None


# DuckDB finds a flipped bit when it reads the block; that is late, and in a reader's hands.
OF_DATABASES: Final = (Harm.REMOVED, Harm.EMPTIED, Harm.OVERWRITTEN, Harm.CUT)
TARGETS: Final[Mapping[str, tuple[Callable[[Path, Random], Path | None], tuple[Harm, ...]]]] = {
    "a derived file": (
        lambda data, dice: _one_of([path for table in DERIVED for path in lake_files(data, table)], dice),
        tuple(Harm),
    ),
    "a file of raw answers": (
        lambda data, dice: _one_of(lake_files(data, "raw_answers"), dice),
        (Harm.EMPTIED, Harm.CUT, Harm.OVERWRITTEN),
    ),
    "the private warehouse": (
        lambda data, _: data / "work" / "warehouse.duckdb",
        OF_DATABASES,
    ),
    "the published warehouse": (
        lambda data, _: data / "warehouse.duckdb",
        OF_DATABASES,
    ),
}
