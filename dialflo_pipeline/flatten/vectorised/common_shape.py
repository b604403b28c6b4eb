"""Reading usual answers, parsed once: those that have nothing at all beside what a sample of them has.

That nothing else is there is told by sizes. The JSON text of an object is made of its members, so where the texts at
all places looked at, with their keys and what joins them, are as long as the object's own text, there is no other key
in it, and none is there twice. DuckDB writes all these texts alike, without white space.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import duckdb
import polars as pl

from dialflo_pipeline.flatten.fields import INSIGHTS, KEY_VALUES, NEXT_ACTION, PARENTS, STATUS_INSTEAD, VALUES, Path
from dialflo_pipeline.flatten.frames import DOCUMENT, ELEMENT
from dialflo_pipeline.flatten.vectorised import key_values as keys
from dialflo_pipeline.flatten.vectorised import queries
from dialflo_pipeline.flatten.vectorised.engine import query
from dialflo_pipeline.flatten.vectorised.json_text import place
from dialflo_pipeline.flatten.vectorised.json_values import Texts, absent
from dialflo_pipeline.flatten.vectorised.sampling import Usual

_OBJECTS: Final = sorted({*PARENTS, *KEY_VALUES}, key=lambda path: (-len(path), path))
"""Inner before outer."""

_SPARE: Final = "spare"
"""How much longer a call's own text is than what was found in it makes it."""


_TEXT: Final = "text"
_IS_THERE: Final = "is there"


@dataclass(frozen=True)
class _Looked:
    """The texts at all places `asked` for, call after call, and whether there is one; `at`: a column for each place.

    Of keys and values there only stands whether there is a text. `sizes` of calls: null where an answer has no more.
    """

    usual: Usual
    asked: list[Path]
    every: pl.DataFrame
    at: pl.DataFrame
    sizes: pl.Series
    is_whole: pl.Series


def read_usual(connection: duckdb.DuckDBPyConnection, answers: pl.DataFrame, usual: Usual) -> tuple[Texts, pl.Series]:
    """What is in those of the answers (document, call) that are usual; and the numbers of the others."""
    looked, elements = _look(connection, answers, usual), len(usual.indexes)
    calls = _weighed(looked)
    unclear = calls.filter(calls[_SPARE] != 0)
    if unclear.height:
        unclear = _weighed_anew(looked, unclear, _objects(connection, answers, unclear, usual.indexes))
        changed = (_SPARE, _has(INSIGHTS))
        calls = calls.with_columns(calls[name].scatter(unclear[ELEMENT], unclear[name]) for name in changed)
    is_usual = _is_usual(looked, calls)
    document = calls[ELEMENT] // elements
    kept = looked.sizes.is_not_null() & is_usual.gather(document)
    unclear = unclear.filter(kept.gather(unclear[ELEMENT]))
    actions = [] if NEXT_ACTION in usual.places else [_actions(calls.height, unclear)]
    values = looked.at.select(*map(place, usual.places), *absent(usual.places), *actions)
    found = calls.select(
        answers[DOCUMENT].gather(document),
        (pl.col(ELEMENT) % elements).cast(pl.Int32).alias("call_index"),
        ELEMENT,
        pl.lit(value=False).alias("is_odd"),
        pl.col(_has(INSIGHTS)).alias("has_insights"),
    )
    if not kept.all():
        found, values = found.filter(kept), values.filter(kept)
    named = _named(looked, kept)
    rows = {path: _rows(connection, looked, path, named, unclear) for path in KEY_VALUES}
    unknown = {path for path in usual.places if path not in (*VALUES, NEXT_ACTION) or path == STATUS_INSTEAD}
    return Texts(found, values, rows, unknown), answers[DOCUMENT].filter(~is_usual)


def _look(connection: duckdb.DuckDBPyConnection, answers: pl.DataFrame, usual: Usual) -> _Looked:
    asked = usual.asked
    found = query(connection, queries.usual(usual.indexes, asked), answers.select("call"))
    every = pl.DataFrame({_TEXT: found["texts"].explode()}).with_columns(pl.col(_TEXT).is_not_null().alias(_IS_THERE))
    kinds = [_TEXT] * len(usual.places) + [_IS_THERE] * (len(asked) - len(usual.places))
    at = every.select(
        pl.col(kind).gather_every(len(asked), number).alias(place(path))
        for number, (path, kind) in enumerate(zip(asked, kinds, strict=True))
    )
    return _Looked(usual, asked, every, at, found["sizes"].explode(), found["is_whole"])


def _key_size(path: Path) -> int:
    """What a member makes its object's text longer by, beside its own text: quotes, colon, comma."""
    return len(path[-1].encode()) + 4


def _has(path: Path) -> str:
    return f"has {place(path)}"


def _weighed(looked: _Looked) -> pl.DataFrame:
    """Of each call its number, whether it has members of each object, and what it has to spare."""
    asked, calls = looked.asked, len(looked.sizes)
    key_sizes = pl.Series([list(map(_key_size, asked))], dtype=pl.List(pl.UInt32)).new_from_index(0, calls).explode()
    size = pl.col(_TEXT).str.len_bytes() + key_sizes
    members = looked.every.select(size.reshape((-1, len(asked))).arr.sum().cast(pl.Int64))[_TEXT]
    texts = set(looked.usual.places)
    there = {path: pl.col(place(path)).is_not_null() if path in texts else pl.col(place(path)) for path in asked}
    has = {path: [there[each] for each in asked if each[: len(path)] == path != each] for path in _OBJECTS}
    any_of = {path: pl.any_horizontal(pl.lit(value=False), *found) for path, found in has.items()}
    objects = [any_of[path].cast(pl.Int64) * (_key_size(path) + 1) for path in _OBJECTS if has[path]]
    spare = looked.sizes - 1 - members - pl.sum_horizontal(pl.lit(0, pl.Int64), *objects)
    if NEXT_ACTION in texts:
        # Looked for as a single value. Of an object nothing would be left over, whatever is in it.
        spare = pl.when(pl.col(place(NEXT_ACTION)).str.starts_with("{")).then(-1).otherwise(spare)
    return looked.at.with_columns(
        pl.int_range(pl.len(), dtype=pl.Int64).alias(ELEMENT),
        *(found.alias(_has(path)) for path, found in any_of.items()),
        spare.alias(_SPARE),
    ).select(ELEMENT, *map(_has, _OBJECTS), _SPARE)


def _objects(
    connection: duckdb.DuckDBPyConnection, answers: pl.DataFrame, calls: pl.DataFrame, indexes: Sequence[int | None]
) -> pl.DataFrame:
    """The texts at the places of objects."""
    which = calls[ELEMENT] % len(indexes)
    given = pl.DataFrame({"call": answers["call"].gather(calls[ELEMENT] // len(indexes))})
    parts = [
        query(connection, queries.values(indexes[number], _OBJECTS), given.filter(which == number))
        for number in which.unique().sort()
    ]
    found = pl.concat(parts)[which.arg_sort().arg_sort()] if len(parts) > 1 else parts[0]
    found.columns = list(map(place, _OBJECTS))
    return found


def _weighed_anew(looked: _Looked, calls: pl.DataFrame, objects: pl.DataFrame) -> pl.DataFrame:
    """The calls with the texts of their objects: what these explain is no longer to spare."""
    named = _named_sizes(looked, calls[ELEMENT])
    again = pl.concat([calls, objects, named], how="horizontal").lazy()
    for path in (each for each in _OBJECTS if each not in looked.asked):
        again = _with_keys_anew(again, path) if path in KEY_VALUES else _with_object(again, path)
    return again.collect()


def _with_keys_anew(calls: pl.LazyFrame, path: Path) -> pl.LazyFrame:
    """An object of keys and values counts as it is; if it has others than were named, they are read from its text."""
    text, had = pl.col(place(path)), pl.col(_has(path)).cast(pl.Int64)
    size = (text.str.len_bytes().cast(pl.Int64) + _key_size(path)).fill_null(0)
    of_names = pl.col(_of_names(path)) + had * (_key_size(path) + 1)
    is_clear = text.str.contains("^([{]|null$)").fill_null(value=True)
    return calls.with_columns(
        pl.when(is_clear).then(pl.col(_SPARE) + of_names - size).otherwise(-1).alias(_SPARE),
        text.is_not_null().alias(_has(path)),
        pl.when(text.str.starts_with("{") & (size != of_names)).then(text).alias(place(path)),
    )


def _with_object(calls: pl.LazyFrame, path: Path) -> pl.LazyFrame:
    """Any other object counts for the members that were found in it; without any it has to be empty or null."""
    text, had = pl.col(place(path)), pl.col(_has(path))
    has = had | pl.any_horizontal(pl.lit(value=False), *(_has(each) for each in _OBJECTS if each[:-1] == path))
    is_nothing = text.is_in(["null", "{}"])
    if path == NEXT_ACTION:
        is_nothing |= ~text.str.contains(r"^[{\[]")
    size = (text.str.len_bytes().cast(pl.Int64) + _key_size(path)).fill_null(0)
    explained = pl.when(~has).then(size).when(~had).then(_key_size(path) + 1).otherwise(0)
    is_clear = has | is_nothing.fill_null(value=True)
    return calls.with_columns(
        pl.when(is_clear).then(pl.col(_SPARE) - explained).otherwise(-1).alias(_SPARE),
        has.alias(_has(path)),
        pl.when(~has).then(text).alias(place(path)),
    )


def _of_names(path: Path) -> str:
    return f"of names {place(path)}"


def _named_sizes(looked: _Looked, calls: pl.Series) -> pl.DataFrame:
    """What the members make of an object's text that were looked for by name."""
    start = calls * len(looked.asked)

    def size(number: int, path: Path) -> pl.Expr:
        return pl.col(_TEXT).gather(start + number).str.len_bytes().cast(pl.Int64) + _key_size(path)

    sizes = {
        path: [size(number, each) for number, each in enumerate(looked.asked) if each[:-1] == path]
        for path in KEY_VALUES
    }
    none = pl.repeat(0, len(calls), dtype=pl.Int64)
    return looked.every.select(pl.sum_horizontal(none, *each).alias(_of_names(path)) for path, each in sizes.items())


def _actions(calls: int, unclear: pl.DataFrame) -> pl.Series:
    """The text at NEXT_ACTION where that is no object with members."""
    actions = pl.repeat(None, calls, dtype=pl.String, eager=True).alias(place(NEXT_ACTION))
    return actions.scatter(unclear[ELEMENT], unclear[place(NEXT_ACTION)]) if unclear.height else actions


def _is_usual(looked: _Looked, calls: pl.DataFrame) -> pl.Series:
    """For each answer whether there is a call in it, nothing is to spare in any, and there are no more."""
    elements = len(looked.usual.indexes)
    is_usual = looked.is_whole & looked.sizes.gather_every(elements).is_not_null()
    strange = calls[ELEMENT].filter(calls[_SPARE] != 0) // elements
    return is_usual.scatter(strange.unique(), False) if len(strange) else is_usual


def _named(looked: _Looked, kept: pl.Series) -> pl.DataFrame:
    """The texts (at: where in `every`; element, number of the place) of the calls that are kept."""
    width = len(looked.asked)
    at = looked.every[_IS_THERE].arg_true().alias("at").to_frame()
    named = at.select("at", (pl.col("at") // width).cast(pl.Int64).alias(ELEMENT), number=pl.col("at") % width)
    named = named.filter(named["number"] >= len(looked.usual.places))
    return named if kept.all() else named.filter(kept.gather(named[ELEMENT]))


def _rows(
    connection: duckdb.DuckDBPyConnection, looked: _Looked, path: Path, named: pl.DataFrame, unclear: pl.DataFrame
) -> pl.DataFrame:
    """The rows (element, key, text) of an object of keys and values; of those to be read anew by their texts."""
    keys_of = [each[-1] if each[:-1] == path else None for each in looked.asked]
    key = pl.Series(keys_of, dtype=pl.String).gather(named["number"])
    rows = named.select(ELEMENT, "at", key=key).filter(key.is_not_null())
    rows = rows.select(ELEMENT, "key", looked.every[_TEXT].gather(rows["at"]))
    anew = unclear.select(ELEMENT, object=place(path)).drop_nulls() if unclear.height else unclear
    if not anew.height:
        return rows
    found = keys.in_order(query(connection, queries.MEMBERS, anew))
    rows = rows.filter(~rows[ELEMENT].is_in(anew[ELEMENT].implode()))
    return pl.concat([rows, found]).sort(ELEMENT, maintain_order=True)
