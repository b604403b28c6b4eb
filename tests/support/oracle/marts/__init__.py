"""Every mart from the rows of the tables and the settings, by what its header says: one module a mart, named like it.

Each module has the `KEY` of its rows and a function `expected_rows`. A module for a new mart is found by itself.
"""

from importlib import import_module
from pathlib import Path
from types import ModuleType

from tests.support.oracle.call_facts import Facts
from tests.support.oracle.figures import Row

MODULES: dict[str, ModuleType] = {
    path.stem: import_module(f"{__name__}.{path.stem}")
    for path in sorted(Path(__file__).parent.glob("*.py"))
    if path.stem != "__init__"
}


def mart_rows(name: str, facts: Facts) -> list[Row]:
    """The rows that the mart must have, in any order."""
    rows: list[Row] = MODULES[name].expected_rows(facts)
    return rows


def key_of(name: str) -> tuple[str, ...]:
    """The columns that tell the mart's rows apart."""
    key: tuple[str, ...] = MODULES[name].KEY
    return key


def columns_that_change_with_the_clock(name: str) -> frozenset[str]:
    """Columns that a view works out from the time at which it is read."""
    return frozenset(getattr(MODULES[name], "CHANGES_WITH_THE_CLOCK", ()))
