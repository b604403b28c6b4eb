"""The databases' type numbers, and values that no Python type can hold.

The numbers are those of the wire protocol, so all drivers of a database share them.
"""

from datetime import date, datetime
from typing import Any, Final

from dialflo_pipeline.extract.task_ids.database.cursor import CursorValue

MYSQL_TIMESTAMP: Final = 7

_SMALLEST: Final = -(2**63)
_POSTGRESQL: Final[dict[int, CursorValue]] = {
    21: -(2**15),
    23: -(2**31),
    **dict.fromkeys((20, 700, 701, 1700), _SMALLEST),
    **dict.fromkeys((18, 19, 25, 1042, 1043), ""),
    **dict.fromkeys((1082, 1114, 1184), "-infinity"),
}
_MYSQL: Final[dict[int, CursorValue]] = {
    **dict.fromkeys((0, 1, 2, 3, 4, 5, 8, 9, 13, 246), _SMALLEST),
    **dict.fromkeys((15, 249, 250, 251, 252, 253, 254), ""),
    10: date(1000, 1, 1),
    12: datetime(1000, 1, 1),  # noqa: DTZ001 - a DATETIME of MySQL has no zone
    MYSQL_TIMESTAMP: datetime(1970, 1, 1, 0, 0, 1),  # noqa: DTZ001 - bound as text, in the connection's zone
}


def first_value_of(backend: str, type_code: int) -> CursorValue | None:
    """The smallest value of a column's type; None for a type that cannot be a cursor."""
    return (_POSTGRESQL if backend == "postgresql" else _MYSQL).get(type_code)


def load_odd_times_as_text(connection: Any) -> None:
    """Have psycopg return times outside Python's range as text: `infinity`, years before 1 and after 9999.

    By default it raises an error for them, which loses the whole batch of rows.
    """
    from psycopg import DataError
    from psycopg.types.datetime import DateLoader, TimestampLoader, TimestamptzLoader

    def textual(loader: Any) -> Any:
        class OrText(loader):  # type: ignore[misc]  # the base class is a parameter
            def load(self, data: Any) -> Any:
                try:
                    return super().load(data)
                except DataError:
                    return bytes(data).decode()

        return OrText

    for name, loader in (("date", DateLoader), ("timestamp", TimestampLoader), ("timestamptz", TimestamptzLoader)):
        connection.adapters.register_loader(name, textual(loader))
