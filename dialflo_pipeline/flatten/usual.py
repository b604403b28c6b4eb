"""Reading usual answers, parsed once: those that have nothing at all beside what a sample of them has.

That nothing else is there is told by sizes. The JSON text of an object is made of its members, so where the texts at
all places looked at, with their keys and what joins them, are as long as the object's own text, there is no other key
in it, and none is there twice. DuckDB writes all these texts alike, without white space.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import duckdb
import polars as pl

from dialflo_pipeline.flatten import keys, queries
from dialflo_pipeline.flatten.engine import query
from dialflo_pipeline.flatten.fields import INSIGHTS, KEY_VALUES, NEXT_ACTION, PARENTS, STATUS_INSTEAD, VALUES, Path
from dialflo_pipeline.flatten.frames import DOCUMENT, ELEMENT
from dialflo_pipeline.flatten.raw import place
from dialflo_pipeline.flatten.samples import Usual
from dialflo_pipeline.flatten.texts import Texts, absent

_OBJECTS: Final = sorted({*PARENTS, *KEY_VALUES}, key=lambda path: (-len(path), path))
"""Inner before outer."""

_SPARE: Final = "spare"
"""How much longer a call's own text is than what was found in it makes it."""


@dataclass(frozen=True)
class _Looked:
    """The texts at all places asked for, call after call; the `sizes` of calls, null where an answer has no more."""

    usual: Usual
    texts: pl.Series
    sizes: pl.Series
    is_whole: pl.Series

    @cached_property
    def asked(self) -> list[Path]:
        return self.usual.asked

    @cached_property
    def is_there(self) -> pl.Series:
        return self.texts.is_not_null()

    @cached_property
    def positions(self) -> pl.Series:
        """Where there is a text."""
        return self.is_there.arg_true()

    def at(self, path: Path, of: pl.Series) -> pl.Series:
        """What is at one place, of `texts` or `is_there`."""
        return of.gather_every(len(self.asked), self.asked.index(path)).alias(place(path))


def read_usual(connection: duckdb.DuckDBPyConnection, answers: pl.DataFrame, usual: Usual) -> tuple[Texts, pl.Series]:
    """What is in those of the answers (document, call) that are usual; and the numbers of the others."""
    looked = _look(connection, answers, usual)
    calls = _weighed(looked)
    unclear = calls.filter(calls[_SPARE] != 0)
    if unclear.height:
        unclear = _weighed_anew(looked, unclear, _objects(connection, answers, unclear, usual.elements))
        changed = (_SPARE, _has(INSIGHTS))
        calls = calls.with_columns(calls[name].scatter(unclear[ELEMENT], unclear[name]) for name in changed)
    is_usual = _is_usual(looked, calls)
    document = calls[ELEMENT] // usual.elements
    kept = looked.sizes.is_not_null() & is_usual.gather(document)
    unclear = unclear.filter(kept.gather(unclear[ELEMENT]))
    values = pl.DataFrame([looked.at(path, looked.texts) for path in usual.places]).with_columns(
        *absent(usual.places), _actions(calls.height, unclear)
    )
    found = calls.select(
        answers[DOCUMENT].gather(document),
        (pl.col(ELEMENT) % usual.elements).cast(pl.Int32).alias("call_index"),
        ELEMENT,
        pl.lit(value=False).alias("is_odd"),
        pl.col(_has(INSIGHTS)).alias("has_insights"),
    )
    if not kept.all():
        found, values = found.filter(kept), values.filter(kept)
    rows = {path: _rows(connection, looked, path, kept, unclear) for path in KEY_VALUES}
    unknown = {path for path in usual.places if path not in VALUES or path == STATUS_INSTEAD}
    return Texts(found, values, rows, unknown), answers[DOCUMENT].filter(~is_usual)


def _look(connection: duckdb.DuckDBPyConnection, answers: pl.DataFrame, usual: Usual) -> _Looked:
    found = query(connection, queries.usual(usual.elements, usual.asked), answers.select("call"))
    return _Looked(usual, found["texts"].explode(), found["sizes"].explode(), found["is_whole"])


def _key_size(path: Path) -> int:
    """What a member makes its object's text longer by, beside its own text: quotes, colon, comma."""
    return len(path[-1].encode()) + 4


def _has(path: Path) -> str:
    return f"has {place(path)}"


def _weighed(looked: _Looked) -> pl.DataFrame:
    """Of each call its number, whether it has members of each object, and what it has to spare."""
    asked, calls = looked.asked, len(looked.sizes)
    key_sizes = pl.Series([list(map(_key_size, asked))], dtype=pl.List(pl.UInt32)).new_from_index(0, calls).explode()
    members = (looked.texts.str.len_bytes() + key_sizes).reshape((-1, len(asked))).arr.sum()
    there = pl.DataFrame([looked.at(path, looked.is_there) for path in asked])
    inner = {path: [place(each) for each in asked if each[: len(path)] == path] for path in _OBJECTS}
    has = [pl.any_horizontal(pl.lit(value=False), *places).alias(_has(path)) for path, places in inner.items()]
    objects = (
        pl.any_horizontal(*inner[path]).cast(pl.UInt32) * (_key_size(path) + 1) for path in _OBJECTS if inner[path]
    )
    spare = looked.sizes - 1 - members.cast(pl.Int64) - pl.sum_horizontal(pl.lit(0, pl.UInt32), *objects)
    number = pl.int_range(pl.len(), dtype=pl.Int64).alias(ELEMENT)
    return there.with_columns(*has, number, spare.alias(_SPARE)).select(ELEMENT, *map(_has, _OBJECTS), _SPARE)


def _objects(
    connection: duckdb.DuckDBPyConnection, answers: pl.DataFrame, calls: pl.DataFrame, elements: int
) -> pl.DataFrame:
    """The texts at the places of objects."""
    index = calls[ELEMENT] % elements
    given = pl.DataFrame({"call": answers["call"].gather(calls[ELEMENT] // elements)})
    parts = [
        query(connection, queries.values(number, _OBJECTS), given.filter(index == number))
        for number in index.unique().sort()
    ]
    found = pl.concat(parts)[index.arg_sort().arg_sort()] if len(parts) > 1 else parts[0]
    found.columns = list(map(place, _OBJECTS))
    return found


def _weighed_anew(looked: _Looked, calls: pl.DataFrame, objects: pl.DataFrame) -> pl.DataFrame:
    """The calls with the texts of their objects: what these explain is no longer to spare."""
    named = {path: _named_sizes(looked, path, calls[ELEMENT]) for path in KEY_VALUES}
    calls = pl.concat([calls, objects, pl.DataFrame(list(named.values()))], how="horizontal")
    for path in _OBJECTS:
        calls = _with_keys_anew(calls, path) if path in KEY_VALUES else _with_object(calls, path)
    return calls


def _with_keys_anew(calls: pl.DataFrame, path: Path) -> pl.DataFrame:
    """An object of keys and values counts as it is; if it has others than were named, they are read from its text."""
    text, had = pl.col(place(path)), pl.col(_has(path)).cast(pl.Int64)
    size = (text.str.len_bytes().cast(pl.Int64) + _key_size(path)).fill_null(0)
    of_names = pl.col(_named(path)) + had * (_key_size(path) + 1)
    is_clear = text.str.contains("^([{]|null$)").fill_null(value=True)
    return calls.with_columns(
        pl.when(is_clear).then(pl.col(_SPARE) + of_names - size).otherwise(-1).alias(_SPARE),
        text.is_not_null().alias(_has(path)),
        pl.when(text.str.starts_with("{") & (size != of_names)).then(text).alias(place(path)),
    )


def _with_object(calls: pl.DataFrame, path: Path) -> pl.DataFrame:
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


def _named(path: Path) -> str:
    return f"named {place(path)}"


def _named_sizes(looked: _Looked, path: Path, calls: pl.Series) -> pl.Series:
    """What the members make of an object's text that were looked for by name."""
    places = [(*path, name) for name in looked.usual.names[path]]
    start = len(looked.asked) * calls
    sizes = [looked.texts.gather(start + looked.asked.index(each)).str.len_bytes() + _key_size(each) for each in places]
    total = pl.repeat(0, len(calls), dtype=pl.Int64, eager=True)
    for size in sizes:
        total += size.cast(pl.Int64).fill_null(0)
    return total.alias(_named(path))


def _actions(calls: int, unclear: pl.DataFrame) -> pl.Series:
    """The text at NEXT_ACTION where that is no object with members."""
    actions = pl.repeat(None, calls, dtype=pl.String, eager=True).alias(place(NEXT_ACTION))
    return actions.scatter(unclear[ELEMENT], unclear[place(NEXT_ACTION)]) if unclear.height else actions


def _is_usual(looked: _Looked, calls: pl.DataFrame) -> pl.Series:
    """For each answer whether there is a call in it, nothing is to spare in any, and there are no more."""
    elements = looked.usual.elements
    is_usual = looked.is_whole & looked.sizes.gather_every(elements).is_not_null()
    strange = calls[ELEMENT].filter(calls[_SPARE] != 0) // elements
    return is_usual.scatter(strange.unique(), False) if len(strange) else is_usual


def _rows(
    connection: duckdb.DuckDBPyConnection, looked: _Looked, path: Path, kept: pl.Series, unclear: pl.DataFrame
) -> pl.DataFrame:
    """The rows (element, key, text) of an object of keys and values in the calls that are kept."""
    names, width = pl.Series(looked.usual.names[path], dtype=pl.String), len(looked.asked)
    anew = unclear.select(ELEMENT, object=place(path)).drop_nulls() if unclear.height else unclear
    if anew.height:
        kept = kept.clone().scatter(anew[ELEMENT], False)
    start = looked.asked.index((*path, names[0])) if len(names) else 0
    column = looked.positions % width
    named = looked.positions.filter((column >= start) & (column < start + len(names)))
    if not kept.all():
        named = named.filter(kept.gather(named // width))
    rows = pl.DataFrame(
        {
            ELEMENT: (named // width).cast(pl.Int64),
            "key": names.gather(named % width - start),
            "text": looked.texts.gather(named),
        }
    )
    if not anew.height:
        return rows
    found = keys.in_order(query(connection, queries.MEMBERS, anew))
    return pl.concat([rows, found]).sort(ELEMENT, maintain_order=True)
