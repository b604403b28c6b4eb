"""Names for views and columns made from any text: ASCII, stable, and usable in SQL without quotes."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from itertools import count

_WORDS = """
all analyse analyze and anti any array as asc asof asymmetric at authorization binary both by case cast check
collate collation column concurrently constraint create cross default deferrable desc describe distinct do else
end except false fetch for foreign freeze from full glob group having ilike in initially inner intersect into is
isnull join lambda lateral leading left like limit natural not notnull null offset on only or order outer
overlaps pivot pivot_longer pivot_wider placing positional primary qualify references returning right select
semi show similar some summarize symmetric table tablesample then to trailing true union unique unpack unpivot
using variadic verbose when where window with
"""

RESERVED_WORDS = frozenset(_WORDS.split())
"""Words that DuckDB accepts as a column's name only in quotes."""

LONGEST_NAME = 40
MISSING, UNNAMED = "none", "unnamed"


def names_by_age(
    seen_on: Mapping[str | None, date], taken: Iterable[str] = (), make: Callable[[str], str] | None = None
) -> dict[str | None, str]:
    """A name for each text. The text seen first has first choice; ties go by code points, a missing text first."""
    texts = sorted(seen_on, key=lambda text: (seen_on[text], text is not None, text or ""))
    return dict(zip(texts, safe_names(texts, taken, make), strict=True))


def safe_names(
    texts: Iterable[str | None], taken: Iterable[str] = (), make: Callable[[str], str] | None = None
) -> list[str]:
    """A distinct name of a-z, 0-9 and _ for each text, none of them in `taken`.

    If a name is taken already, a few letters of the text's hash are added. So a name never depends on later texts.
    """
    used = set(taken)
    names = []
    for text in texts:
        names.append(_free_name(text, MISSING if text is None else (make or _plain)(text), used))
        used.add(names[-1])
    return names


def _free_name(text: str | None, plain: str, used: set[str]) -> str:
    if plain not in used and plain != UNNAMED:
        return plain
    mark = hashlib.sha256(b"\0" if text is None else text.encode(errors="replace")).hexdigest()
    return next(name for length in count(6) if (name := f"{plain}_{mark[:length]}") not in used)


def column_name(text: str) -> str:
    """A name that needs no quotes: `1st` would be read as a number, and some words are reserved."""
    name = _plain(text)
    return f"_{name}" if name[0].isdigit() or name in RESERVED_WORDS else name


def _plain(text: str) -> str:
    name = re.sub(r"[^a-z0-9]+", "_", text[:1000].lower() if text.isascii() else _lower(text[:1000])).strip("_")
    return name[:LONGEST_NAME].strip("_") or UNNAMED


def _lower(text: str) -> str:
    """Lower case of ASCII letters only: others, like the Kelvin sign, would become ASCII letters."""
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)
