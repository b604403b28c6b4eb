"""Where the answers come from: over real HTTP, the documented example for three ids."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dialflo_pipeline.simulator import RunningSimulator, SimulatorOptions, running_simulator
from tests.support.canaries import TOKEN

EXAMPLE = Path(__file__).parents[2] / "cases" / "documented_response.json"


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[RunningSimulator]:
    documents = tmp_path / "documents"
    documents.mkdir()
    for name in ("a", "b", "c"):
        (documents / f"{name}.json").write_bytes(EXAMPLE.read_bytes())
    with running_simulator(SimulatorOptions(documents=documents, token=TOKEN)) as running:
        yield running
