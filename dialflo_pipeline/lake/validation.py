"""Checking frames against their declarations in `tables.py`, in as few steps as can be.

The declared rules are dataframely's own; here they are only put together, and where one is broken it is dataframely
that says which.
"""

from functools import cache, reduce

import polars as pl

from dialflo_pipeline.core.schema import Table


def checked(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame, if it keeps the rules of its table; raises dataframely's `ValidationError` if not.

    Quickest where the rows are in the order of the table's key.
    """
    if frame.schema == table.frame_schema and all(frame.select(_rules(table)).row(0)):
        return frame
    return table.schema.validate(frame)


@cache
def _rules(table: Table) -> list[pl.Expr]:
    """Each rule as one flag for all rows; for unique keys, whether each is above the one before."""
    # Not public, but the only way to all rules, whatever kind is added to a declaration.
    rules = dict(table.schema._validation_rules(with_cast=False))
    flags = [_ascending(table.key)] if rules.pop("primary_key", None) else []
    flags += [rule.expr.all() for rule in rules.values()]
    return [flag.alias(str(number)) for number, flag in enumerate(flags)]


def _ascending(key: list[str]) -> pl.Expr:
    """Whether the rows are in the order of their key, and none has the key of another."""

    def above(later: pl.Expr, name: str) -> pl.Expr:
        this, before = pl.col(name), pl.col(name).shift()
        return (this > before) | ((this == before) & later)

    return reduce(above, reversed(key), pl.lit(value=False)).slice(1).all()
