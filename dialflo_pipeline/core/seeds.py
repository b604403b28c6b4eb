"""What the words mean that differ per customer: statuses, interests and next actions, read from CSV files.

The shipped files stand in `sql/seeds/`, a user's own ones of the same names in the data folder. Reading and checking
belong here; what a meaning leads to stands in the SQL models, which see these words through `pipeline.meanings`.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dialflo_pipeline.core.errors import SettingsError
from dialflo_pipeline.core.schema import Outcome
from dialflo_pipeline.core.values import ASCII_BLANKS, capitals

SEED_FOLDER = "seeds"
"""Name of the folder of the shipped files in `sql/`, and of the user's own in the data folder."""


@dataclass(frozen=True)
class Seed:
    """One kind of word: the column of calls that it stands in, and the columns of its file."""

    kind: str
    call_column: str
    word_column: str
    meaning_column: str
    meanings: tuple[str, ...]
    stop_column: str | None = "stop"

    @property
    def file_name(self) -> str:
        """Name of its file in either folder."""
        return f"{'statuses' if self.kind == 'status' else f'{self.kind}s'}.csv"

    @property
    def columns(self) -> set[str]:
        """What the first line may name; the column for stop may be left out."""
        return {self.word_column, self.meaning_column} | ({self.stop_column} if self.stop_column else set())


SEEDS = (
    Seed("status", "call_status", "status", "outcome", tuple(map(str, Outcome))),
    Seed("interest", "interest_status", "interest", "interested", ("yes", "no", "unknown")),
    Seed("action", "next_action", "action", "meaning", ("redial", "stop", "convert", "other"), stop_column=None),
)


@dataclass(frozen=True)
class Word:
    """A word in its plain form and what it means; `is_stop`: nobody whose call has it is to be called again."""

    kind: str
    word: str
    meaning: str
    is_stop: bool


def plain(text: str) -> str:
    """The form in which words are compared: ASCII letters in capitals, outer ASCII white space off."""
    return capitals(text.strip(ASCII_BLANKS))


def read_words(folder: Path) -> tuple[Word, ...]:
    """Every word of the files in a folder, which need not exist; `SettingsError` lists every row that is wrong."""
    problems: list[str] = []
    words: list[Word] = []
    known = {seed.file_name: seed for seed in SEEDS}
    for path in sorted(folder.glob("*.csv")):
        if seed := known.get(path.name):
            words += _words(path, seed, problems)
        else:
            problems.append(f"{path}: no such mapping; use {', '.join(known)}")
    if problems:
        raise SettingsError("\n".join(["These mappings of words are wrong:", *(f"  {text}" for text in problems)]))
    return tuple(words)


def merged(shipped: Iterable[Word], own: Iterable[Word]) -> list[Word]:
    """Each word once: the shipped ones, and the user's own in their place or beside them."""
    return list({(word.kind, word.word): word for word in (*shipped, *own)}.values())


def _words(path: Path, seed: Seed, problems: list[str]) -> Iterator[Word]:
    first: dict[str, int] = {}
    for line, cells in _rows(path, seed, problems):
        text, meaning = plain(cells[seed.word_column]), cells[seed.meaning_column].strip(ASCII_BLANKS).lower()
        stop = cells.get(seed.stop_column or "", "").strip(ASCII_BLANKS).lower()
        if not text:
            problem = f"{seed.word_column} is blank"
        elif meaning not in seed.meanings:
            problem = f"{seed.meaning_column} must be one of {', '.join(seed.meanings)}"
        elif stop not in ("", "yes", "no"):
            problem = f"{seed.stop_column} must be yes, no or blank"
        elif text in first:
            problem = f"the same {seed.word_column} as in line {first[text]} (case and outer blanks do not count)"
        else:
            first[text] = line
            yield Word(seed.kind, text, meaning, stop == "yes" or meaning == "stop")
            continue
        problems.append(f"{path}, line {line}: {problem}")


def _rows(path: Path, seed: Seed, problems: list[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows by column, each with its line; lines with nothing on them do not count."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            head = [name.strip(ASCII_BLANKS).lower() for name in next(reader, [])]
            needed = {seed.word_column, seed.meaning_column}
            if not needed <= set(head) <= seed.columns or len(set(head)) < len(head):
                problems.append(f"{path}, line 1: must name the columns {', '.join(sorted(seed.columns))}")
                return
            for row in reader:
                if len(row) == len(head):
                    yield reader.line_num, dict(zip(head, row, strict=True))
                elif row:
                    problems.append(f"{path}, line {reader.line_num}: {len(row)} fields instead of {len(head)}")
    except UnicodeDecodeError:
        problems.append(f"{path}: is not UTF-8 text")
    except (OSError, csv.Error) as error:
        problems.append(f"{path}: cannot be read ({type(error).__name__})")
