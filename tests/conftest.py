"""What holds for all tests: generated examples may take as long as a busy machine needs, and nothing leaks."""

import hypothesis
import pytest

from tests.canaries import (
    _listening,
    canary_token,
    pytest_runtest_makereport,
    pytest_runtest_teardown,
    pytest_warning_recorded,
)

__all__ = [
    "_listening",
    "canary_token",
    "pytest_runtest_makereport",
    "pytest_runtest_teardown",
    "pytest_warning_recorded",
]

hypothesis.settings.register_profile("unhurried", deadline=None, print_blob=True)
hypothesis.settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def seed_of_run(pytestconfig: pytest.Config) -> int:
    """What all drawn inputs follow from: pytest-randomly prints it at the start, `--randomly-seed` sets it."""
    return int(pytestconfig.getoption("randomly_seed", 0))
