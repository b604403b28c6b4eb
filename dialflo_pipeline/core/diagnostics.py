"""What `dialflo doctor` finds: one line each, whoever looked."""

from typing import NamedTuple


class Finding(NamedTuple):
    """One thing looked at; `is_well` is None for what is just said."""

    what: str
    found: str
    is_well: bool | None = None
