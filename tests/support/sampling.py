"""Parameters of which `make test` takes a sample, and `make test-all` the rest too."""

from collections.abc import Iterable
from typing import Any

import pytest


def sampled(values: Iterable[Any], rest: Iterable[Any]) -> list[Any]:
    """Values for `parametrize`: all of `rest` are marked `exhaustive`."""
    return [*values, *(pytest.param(value, marks=pytest.mark.exhaustive) for value in rest)]
