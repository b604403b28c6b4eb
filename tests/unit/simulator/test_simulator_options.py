from datetime import date

import pytest
from pydantic import ValidationError

from dialflo_pipeline.simulator import SimulatorOptions, demo_options


def test_options_survive_the_way_to_another_process() -> None:
    options = SimulatorOptions(seed=5, last_day=date(2025, 6, 15), rate_limit=2.5)
    assert SimulatorOptions.model_validate_json(options.model_dump_json()) == options


@pytest.mark.parametrize(
    "wrong", [{"days": 0}, {"error_share": 1.5}, {"port": 70_000}, {"latency_seconds": -1}, {"token": ""}, {"dayz": 1}]
)
def test_a_wrong_option_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SimulatorOptions.model_validate(wrong)


def test_the_demo_has_two_weeks_and_a_little_of_every_trouble() -> None:
    options = demo_options(date(2025, 6, 15))
    assert (options.days, options.last_day) == (14, date(2025, 6, 15))
    assert 0 < options.error_share < 0.1
    assert options.unsettled_share > 0
