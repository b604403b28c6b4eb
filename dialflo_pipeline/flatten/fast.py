"""The fast reader: DuckDB's JSON functions over a whole batch, on every core.

It names the documents that it does not surely read as the plain reader would, and leaves those alone.

The bodies are copied by one plain scan from memory into a temporary table, and every filter works on that: in 2.0.0
DuckDB gives wrong results where it filters while it scans frames of this process. (The copy costs a twentieth of the
whole; the way through a temporary Parquet file took twice as long.) DuckDB spreads work over cores by 122,880 rows,
more than a batch has, so each core here gets slices of the batch and a connection of its own.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any, Final
from zoneinfo import ZoneInfo

import duckdb
import polars as pl

from dialflo_pipeline.flatten import queries
from dialflo_pipeline.flatten.fields import FIELDS, KEY_VALUES, Kind
from dialflo_pipeline.flatten.frames import CALLS_FOUND, DOCUMENT, ELEMENT, KEYS_FOUND, REJECTS_FOUND, Found, join
from dialflo_pipeline.flatten.local_times import to_utc
from dialflo_pipeline.flatten.shapes import read_shape
from dialflo_pipeline.tables import Outcome
from dialflo_pipeline.values import ASCII_BLANKS, PHONE_PATTERN, PHONE_SEPARATORS, is_inbound, outcome_of

_SLICE_ROWS: Final = (2_048, 16_384)
"""At least: below, planning the queries takes longer than running them. At most: above, the tables leave the caches."""

_TYPE_NAMES: Final = {
    "VARCHAR": "string",
    **dict.fromkeys(("UBIGINT", "BIGINT", "DOUBLE"), "number"),
    "BOOLEAN": "boolean",
    "NULL": "null",
    "OBJECT": "object",
    "ARRAY": "array",
}
_SHAPE_SCHEMA: Final = {"is_odd": pl.Boolean, "has_single_action": pl.Boolean, "patch": pl.String}
_SETTINGS: Final[dict[str, str | bool | int | float | list[str]]] = {
    "threads": 1,
    "temp_directory": "",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}


def read_documents(bodies: pl.DataFrame, zone: ZoneInfo) -> tuple[Found, pl.Series]:
    """What the documents in `bodies` (document, body) hold, and the numbers of the odd ones, left out of it."""
    read = join(list(_read_in_parallel(bodies)))
    is_clean = _is_clean(bodies.height, read.calls)
    calls = read.calls.filter(is_clean.gather(read.calls[DOCUMENT]))
    is_clean_element = pl.repeat(False, read.elements, eager=True).scatter(calls[ELEMENT], True)
    found = Found(
        calls=_finish_calls(calls, zone),
        keys={
            name: _finish_keys(keys.filter(is_clean_element.gather(keys[ELEMENT]))) for name, keys in read.keys.items()
        },
        rejects=read.rejects,
    )
    return found, bodies[DOCUMENT].filter(~is_clean)


def _read_in_parallel(bodies: pl.DataFrame) -> Iterator[Found]:
    cores = pl.thread_pool_size()
    least, most = _SLICE_ROWS
    slices = list(bodies.iter_slices(min(max(least, -(-bodies.height // cores)), most))) or [bodies]
    with closing(duckdb.connect(":memory:", config=_SETTINGS)) as database, ThreadPoolExecutor(cores) as pool:
        yield from pool.map(lambda part: _read_slice(database, part), slices)


def _read_slice(database: duckdb.DuckDBPyConnection, bodies: pl.DataFrame) -> Found:
    """The results of the queries as they are, elements of odd documents among them."""
    with closing(database.cursor()) as connection:
        connection.execute("SET TimeZone = 'UTC'")  # A time without an offset stays as it is; `to_utc` sees to it.
        connection.register("given", bodies.to_arrow())
        connection.execute(queries.DOCUMENTS)
        connection.execute(queries.ELEMENTS)
        connection.execute(queries.PARSED)
        connection.register("given_shapes", _shapes(_frame(connection, queries.SHAPES)).to_arrow())
        connection.execute("CREATE TEMP TABLE shapes AS SELECT * FROM given_shapes")
        return Found(
            calls=_frame(connection, queries.CALLS),
            keys={table.name: _frame(connection, queries.keys(path)) for path, table in KEY_VALUES.items()},
            rejects=pl.DataFrame(schema=REJECTS_FOUND),
        )


def _shapes(distinct: pl.DataFrame) -> pl.DataFrame:
    read = [read_shape(types, keys) for types, keys in distinct.iter_rows()]
    return pl.concat([distinct, pl.DataFrame(read, _SHAPE_SCHEMA)], how="horizontal")


def _frame(connection: duckdb.DuckDBPyConnection, query: str) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(connection.sql(query).to_arrow_table()))


def _is_clean(documents: int, calls: pl.DataFrame) -> pl.Series:
    """For each document of the batch whether it has elements, and none that is odd."""
    is_clean = pl.repeat(False, documents, eager=True)
    return is_clean.scatter(calls[DOCUMENT], True).scatter(calls.filter("is_odd")[DOCUMENT], False)


def _finish_keys(keys: pl.DataFrame) -> pl.DataFrame:
    """Add the type's name and whether the value says something."""
    is_filled = (
        pl.when(pl.col("type") == "VARCHAR")
        .then(pl.col("value").str.strip_chars(ASCII_BLANKS) != "")
        .otherwise(~((pl.col("type") == "NULL") | pl.col("value").is_in(["{}", "[]"])))
    )
    value_type = pl.col("type").replace_strict(_TYPE_NAMES, return_dtype=pl.String)
    return keys.with_columns(value_type.alias("value_type"), is_filled.alias("is_filled")).select(KEYS_FOUND.names())


def _finish_calls(calls: pl.DataFrame, zone: ZoneInfo) -> pl.DataFrame:
    """Add what is derived from other columns, and read local times in their zone."""
    times = [_time(calls, each.column, zone) for each in FIELDS if each.kind is Kind.TIME]
    inbound = _each_distinct(calls["call_direction"], is_inbound, pl.Boolean)
    sent = pl.when(inbound).then("from_number").otherwise("to_number")
    sent_e164 = pl.when(inbound).then("from_number_e164").otherwise("to_number_e164")
    return (
        calls.with_columns(
            *times,
            _each_distinct(calls["call_status"], lambda status: outcome_of(status).value, pl.String).alias("outcome"),
            _e164("from_number"),
            _e164("to_number"),
        )
        .with_columns(
            (pl.col("outcome") == Outcome.ANSWERED.value).alias("is_answered"),
            pl.when(sent.str.strip_chars(ASCII_BLANKS) != "")
            .then(pl.coalesce(sent_e164, sent))
            .alias("contact_number"),
        )
        .select(CALLS_FOUND.names())
    )


def _time(calls: pl.DataFrame, column: str, zone: ZoneInfo) -> pl.Series:
    times, local = calls[column], calls[queries.is_local(column)]
    if not local.any():
        return times
    return pl.select(pl.when(local).then(to_utc(times.set(~local, None), zone)).otherwise(times)).to_series()


def _each_distinct(column: pl.Series, function: Callable[[str | None], Any], dtype: type[pl.DataType]) -> pl.Series:
    """The function's result for each value, reckoned once a distinct one."""
    distinct = column.unique()
    results = pl.DataFrame({"value": distinct, "result": pl.Series(map(function, distinct), dtype=dtype)})
    each = column.to_frame("value").join(results, on="value", how="left", nulls_equal=True, maintain_order="left")
    return each["result"]


def _e164(column: str) -> pl.Expr:
    plain = pl.col(column).str.replace_all("[" + "".join(f"\\{each}" for each in PHONE_SEPARATORS) + "]", "")
    return ("+" + plain.str.extract(f"^{PHONE_PATTERN}$", 1)).alias(f"{column}_e164")
