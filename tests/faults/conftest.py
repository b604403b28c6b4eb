"""Fetches from the scripted server, in the way that a test is run for."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.faults.fetching import WAYS, Fetched, fetch_from, using
from tests.support.command import dialflo
from tests.support.fault_server import FaultServer, Say, Script

__all__ = ["dialflo", "fetch", "way"]


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Iterator[str]:
    """The transport and event loop that are used where they can be, and those that take their place elsewhere."""
    with using(request.param):
        yield str(request.param)


@pytest.fixture
def fetch(tmp_path: Path, way: str) -> Callable[..., Fetched]:
    """Ask a scripted server for ids; see `fetch_from`."""

    def run(
        ids: Sequence[str],
        script: Script | None = None,
        *,
        otherwise: Say | None = None,
        is_tls: bool = False,
        **options: Any,
    ) -> Fetched:
        return fetch_from(FaultServer(script or {}, otherwise or Say(), is_tls), tmp_path, ids, **options)

    return run
