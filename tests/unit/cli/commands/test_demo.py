from pathlib import Path

from pydantic import SecretStr

from dialflo_pipeline.cli.commands.demo import _settings_for
from dialflo_pipeline.core.settings import Settings
from dialflo_pipeline.simulator import RunningSimulator, SimulatorOptions, running_simulator


def test_the_demo_asks_no_database_of_the_user(tmp_path: Path) -> None:
    given = Settings(data_dir=tmp_path, tasks_dsn=SecretStr("sqlite:///a.db"), tasks_query="SELECT :cursor")
    with running_simulator(SimulatorOptions()) as simulator:
        assert isinstance(simulator, RunningSimulator)
        settings = _settings_for(simulator, given)
    assert (settings.tasks_dsn, settings.tasks_query) == (None, None)
