"""Which columns of a task-id file have a meaning, however their names are written; pure."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from dialflo_pipeline.core.errors import TaskFileError
from dialflo_pipeline.extract.task_ids.row_validation import CALL_DATE, COMPLETED_AT, ID_COLUMNS, plain_name

MAX_NAMES_SHOWN: Final = 20
MAX_NAME_LENGTH: Final = 200
"""A longer text is no name of a known column."""

_LOOKS_LIKE_A_NAME = re.compile(r"(?!(?:.*\d){5})[^\W\d][\w .;|/()#-]{0,63}")


class KnownColumns:
    """The columns of the id, the time and the day; upper and lower case, blanks and `_` in a name do not matter."""

    def __init__(self, column: str | None = None) -> None:
        """`column` is a further column that may hold the id."""
        names = (*ID_COLUMNS, COMPLETED_AT, CALL_DATE, *([column] if column else []))
        self._names: dict[str, str] = {}
        for name in names:
            self._names.setdefault(_normal(name), name)
        named = [self._names[_normal(column)]] if column else []
        self.id_columns: tuple[str, ...] = tuple(dict.fromkeys([*ID_COLUMNS, *named]))
        self.preferred: str | None = named[0] if named and named[0] in ID_COLUMNS else None

    def known(self, name: str) -> str | None:
        """The known column that a name means, if any."""
        return self._names.get(_normal(name)) if len(name) <= MAX_NAME_LENGTH else None

    def has_id(self, names: Iterable[str]) -> bool:
        """Whether one of the names is an id column."""
        return any(self.known(name) in self.id_columns for name in names)

    def checked(self, names: Sequence[str], file: str) -> list[str]:
        """The names of a header, known ones as `task_id` and the like.

        Raises `TaskFileError` without an id column, and for a name or a known column that is there twice.
        """
        if not self.has_id(names):
            raise TaskFileError(
                f"{file} has no column {' or '.join(self.id_columns)}; its columns are: {show_names(names)}."
                " Name the id column with --column."
            )
        if twice := _repeated(names):
            raise TaskFileError(f"{file} has more than one column of the same name: {show_names(twice)}.")
        renamed = [self.known(name) or name for name in names]
        if twice := _repeated(renamed):
            spellings = [name for name, known in zip(names, renamed, strict=True) if known in twice]
            raise TaskFileError(f"{file} has more than one column {twice[0]}: {show_names(spellings)}. Rename one.")
        return renamed

    def renamed(self, cells: dict[str, Any]) -> dict[str, Any] | None:
        """The same cells with known names as `task_id` and the like; None if two names mean the same column."""
        if all(self._is_as_written(name) for name in cells):
            return cells
        renamed = {self.known(name) or name: value for name, value in cells.items()}
        return renamed if len(renamed) == len(cells) else None

    def _is_as_written(self, name: str) -> bool:
        return self.known(name) in (None, name)


def show_names(names: Iterable[str]) -> str:
    """The names that look like names: a file without a header may have ids and phone numbers in their place."""
    names = list(names)
    safe = [name for name in names if _LOOKS_LIKE_A_NAME.fullmatch(name)][:MAX_NAMES_SHOWN]
    hidden = len(names) - len(safe)
    return ", ".join([*safe, *([f"{hidden} not shown"] if hidden else [])])


def _repeated(names: Sequence[str]) -> list[str]:
    counts: Mapping[str, int] = Counter(names)
    return [name for name, count in counts.items() if count > 1]


@lru_cache(maxsize=4_096)
def _normal(name: str) -> str:
    return plain_name(name)
