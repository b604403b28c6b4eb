"""What statuses, interests and actions mean: the shipped mappings and the user's own rows before them."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.oracle.values import BLANKS, capitals

SHIPPED = Path(__file__).resolve().parents[3] / "sql" / "seeds"
FILES = {"statuses": ("status", "outcome"), "interests": ("interest", "interested"), "actions": ("action", "meaning")}


@dataclass(frozen=True)
class Meaning:
    """What a word is mapped to, and whether to stop calling."""

    meaning: str
    is_stop: bool


@dataclass
class Words:
    """Mappings by file, each from plain words to meanings."""

    statuses: dict[str, Meaning] = field(default_factory=dict)
    interests: dict[str, Meaning] = field(default_factory=dict)
    actions: dict[str, Meaning] = field(default_factory=dict)


def plain(word: str | None) -> str:
    return capitals((word or "").strip(BLANKS))


def mappings(own: Mapping[str, str]) -> Words:
    """The shipped files, and over them the text of the user's own by name."""
    words = Words()
    for name, (word, meaning) in FILES.items():
        known: dict[str, Meaning] = getattr(words, name)
        for text in ((SHIPPED / f"{name}.csv").read_text(encoding="utf-8"), own.get(name, "")):
            for row in csv.DictReader(text.splitlines()):
                is_stop = (row.get("stop") or "") == "yes" or row[meaning] == "stop"
                known[plain(row[word])] = Meaning(row[meaning], is_stop)
    return words


def first_stop(said: Iterable[tuple[str | None, Mapping[str, Meaning]]]) -> str | None:
    """The first of these words that its mapping maps to stop, as sent."""
    return next((word for word, known in said if plain(word) in known and known[plain(word)].is_stop), None)
