"""Undisturbed runs of the campaign, made once for all workers, and a process that forks commands in milliseconds."""

import os
import pickle
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from filelock import FileLock

from tests.chaos.api import Api, serving
from tests.chaos.children import Forker
from tests.chaos.harness import Harness, Undisturbed
from tests.support.forked import ForkServer

SAMPLED_STAGES = 4
"""The sample does without the later stages: each costs a run before the first kill."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What forks and looks into /proc runs on Linux only."""
    for item in items:
        if Path(__file__).parent in item.path.parents and sys.platform != "linux":
            item.add_marker(pytest.mark.skip(reason="forks, and looks into /proc"))


@pytest.fixture(scope="session")
def seed(request: pytest.FixtureRequest) -> int:
    """CHAOS_SEED, else that of pytest-randomly, which stands at the head of the output."""
    return int(os.environ.get("CHAOS_SEED") or request.config.getoption("randomly_seed", 0))


@pytest.fixture
def dice(seed: int, request: pytest.FixtureRequest) -> Random:
    """Another one for each test, the same for the same seed, which is told when the test fails."""
    request.node.add_report_section("setup", "the same again with", f"CHAOS_SEED={seed}")
    return Random(f"{seed} {request.node.nodeid}")  # noqa: S311 - the same kills again for the same seed


@pytest.fixture(scope="session")
def api() -> Iterator[Api]:
    with serving() as running:
        yield running


@pytest.fixture(scope="session")
def harness(tmp_path_factory: pytest.TempPathFactory, forking: ForkServer, api: Api) -> Harness:
    return Harness(tmp_path_factory.mktemp("chaos"), Forker(forking), api)


@pytest.fixture(scope="session")
def sampled(tmp_path_factory: pytest.TempPathFactory, harness: Harness) -> list[Undisturbed]:
    """The first stages, undisturbed."""
    return _prepared(tmp_path_factory, harness, SAMPLED_STAGES)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory, harness: Harness) -> list[Undisturbed]:
    """All stages, undisturbed."""
    return _prepared(tmp_path_factory, harness, None)


def _prepared(factory: pytest.TempPathFactory, harness: Harness, number: int | None) -> list[Undisturbed]:
    """Made by the worker that comes first; the others read what it found."""
    is_one_of_many = "PYTEST_XDIST_WORKER" in os.environ
    shared = factory.getbasetemp().parent if is_one_of_many else factory.getbasetemp()
    kept = shared / f"undisturbed-{number}.pickle"
    with FileLock(f"{kept}.lock"):
        if not kept.exists():
            kept.write_bytes(pickle.dumps(harness.prepare(number)))
        found: list[Undisturbed] = pickle.loads(kept.read_bytes())  # noqa: S301 - written just now, by a test like this
    return found
