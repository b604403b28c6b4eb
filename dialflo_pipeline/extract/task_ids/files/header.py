"""Which columns a task-id file with a header must have; pure."""

import re
from collections import Counter
from collections.abc import Sequence

from dialflo_pipeline.core.errors import TaskFileError

_MANY = 20
_LOOKS_LIKE_A_NAME = re.compile(r"(?!(?:.*\d){5})[^\W\d][\w .;|/()#-]{0,63}")


def check_columns(names: Sequence[str], id_columns: Sequence[str], file: str) -> None:
    """Raise `TaskFileError` unless one of `id_columns` is there and no name stands twice."""
    if not set(id_columns) & set(names):
        raise TaskFileError(
            f"{file} has no column {' or '.join(id_columns)}; its columns are: {_shown(names)}."
            " Name the column of the ids with --column."
        )
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise TaskFileError(f"{file} has more than one column of the same name: {_shown(twice)}. Name each once.")


def _shown(names: Sequence[str]) -> str:
    """The names that look like names: in a file without header these may be ids and phone numbers."""
    safe = [name for name in names if _LOOKS_LIKE_A_NAME.fullmatch(name)][:_MANY]
    hidden = len(names) - len(safe)
    return ", ".join([*safe, *([f"{hidden} not shown"] if hidden else [])])
