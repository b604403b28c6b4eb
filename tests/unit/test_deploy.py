"""The files of deploy/: what they name is there, what they start has these options, what they set is understood."""

import configparser
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import click
import pytest
import typer
import yaml
from dagster._core.instance.config import dagster_instance_config  # checks a dagster.yaml without using it

from dialflo_pipeline.core.settings import ENV_PREFIX, Settings

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
ENVIRONMENT = dict(
    line.split("=", 1)
    for line in (DEPLOY / "dialflo.env.example").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
)
IN_IMAGE = "/var/lib/dialflo"


class Unit(configparser.RawConfigParser):
    """A systemd unit: names are case-sensitive, and may stand several times."""

    def __init__(self, path: Path) -> None:
        super().__init__(strict=False, delimiters=("=",), comment_prefixes=("#",))
        self.read_string(path.read_text("utf-8"))

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def started() -> Iterator[list[str]]:
    """Every command that a file of deploy/ starts, program and arguments."""
    for unit in UNITS:
        program, *arguments = Unit(unit)["Service"]["ExecStart"].split()
        assert program.startswith("/opt/dialflo/.venv/bin/")
        yield [Path(program).name, *arguments]
    for service in COMPOSE["services"].values():
        if command := service.get("command"):
            yield command
        test = service.get("healthcheck", {}).get("test", [])
        if "dagster-daemon" in test:
            yield test[1:]
    yield yaml.safe_load(re.findall(r"^CMD (.*)$", (DEPLOY / "Containerfile").read_text("utf-8"), re.MULTILINE)[0])


COMMANDS = list(started())


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_command_that_is_started_is_there_and_takes_its_options(command: list[str]) -> None:
    program, *arguments = command
    (script,) = entry_points(group="console_scripts", name=program)
    context = click.Context(_command(script.value), info_name=program)
    while isinstance(context.command, click.Group):
        name, found, arguments = context.command.resolve_command(context, arguments)
        assert found is not None
        context = click.Context(found, info_name=name, parent=context)
    context.command.make_parser(context).parse_args(args=list(arguments))


def _command(value: str) -> Any:
    """The click command behind the function that a console script calls."""
    module, _, _ = value.partition(":")
    loaded = import_module("dialflo_pipeline.cli.app" if module == "dialflo_pipeline.cli" else module)
    if isinstance(typed := getattr(loaded, "app", None), typer.Typer):
        return typer.main.get_command(typed)
    names = ("create_dagster_daemon_cli", "cli", "create_dagster_cli")
    found = next(getattr(loaded, name) for name in names if hasattr(loaded, name))
    made = found if isinstance(found, click.Command) else found()
    assert isinstance(made, click.Command)
    return made


def test_both_services_are_there_in_both_forms() -> None:
    assert len(COMMANDS) == 8
    assert {command[0] for command in COMMANDS} == {"dialflo", "dagster-daemon", "dagster"}


def test_the_tables_are_made_before_both_services_start() -> None:
    for name in ("daemon", "webserver"):
        unit = Unit(DEPLOY / "systemd" / f"dialflo-{name}.service")["Unit"]
        assert "dialflo-migrate.service" in unit["Wants"]
        assert "dialflo-migrate.service" in unit["After"]
        assert COMPOSE["services"][name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_the_workspace_that_is_named_is_where_it_is_put(command: list[str]) -> None:
    for path in (argument for argument in command if argument.endswith(".yaml")):
        assert path == f"{IN_IMAGE}/dagster/workspace.yaml"
        assert ENVIRONMENT["DAGSTER_HOME"] == str(Path(path).parent)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_runs_as_a_user_of_its_own_with_settings_from_a_file_and_little_else(unit: Path) -> None:
    service = Unit(unit)["Service"]
    assert (service["User"], service["EnvironmentFile"]) == ("dialflo", "/etc/dialflo/dialflo.env")
    assert service["ProtectSystem"] == "strict"
    assert service["NoNewPrivileges"] == "yes"
    assert service["CapabilityBoundingSet"] == ""
    assert ENVIRONMENT["DIALFLO_DATA_DIR"].startswith(service["ReadWritePaths"])


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
def test_systemd_understands_the_units_and_finds_them_little_exposed(tmp_path: Path) -> None:
    for unit in UNITS:
        here = unit.read_text("utf-8").replace("/opt/dialflo/.venv/bin", str(Path(sys.executable).parent))
        (tmp_path / unit.name).write_text(here)
    files = [str(path) for path in tmp_path.iterdir()]
    verified = subprocess.run(["systemd-analyze", "verify", "--man=no", *files], capture_output=True, text=True)
    assert (verified.returncode, [line for line in verified.stderr.splitlines() if "dialflo" in line]) == (0, [])
    for file in files:
        rated = ["systemd-analyze", "security", "--offline=true", "--threshold=30", file]
        assert subprocess.run(rated, capture_output=True).returncode == 0


def test_the_workspace_names_a_module_that_is_there() -> None:
    (entry,) = yaml.safe_load((DEPLOY / "workspace.yaml").read_text("utf-8"))["load_from"]
    assert import_module(entry["python_module"]["module_name"])


def test_dagster_understands_its_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    shutil.copy(DEPLOY / "dagster.yaml", tmp_path)
    settings, _ = dagster_instance_config(str(tmp_path))
    assert settings["storage"]["postgres"]["postgres_db"]["scheme"] == "postgresql+psycopg2"


def test_dagster_s_settings_differ_from_those_of_a_checkout_in_storage_and_retention_only() -> None:
    ours, checkout = (
        yaml.safe_load(path.read_text("utf-8"))
        for path in (DEPLOY / "dagster.yaml", ROOT / "dagster_home/dagster.yaml")
    )
    assert ours.keys() - checkout.keys() == {"storage", "retention"}
    for name in ("concurrency", "run_coordinator", "run_monitoring", "run_retries"):
        assert ours[name] == checkout[name]


def test_the_environment_names_settings_that_exist_and_all_that_dagster_takes_from_it() -> None:
    known = {f"{ENV_PREFIX}{name.upper()}" for name in Settings.model_fields}
    assert {name for name in ENVIRONMENT if name.startswith(ENV_PREFIX)} <= known
    taken = set(re.findall(r"env: (\w+)", (DEPLOY / "dagster.yaml").read_text("utf-8")))
    assert taken == {name for name in ENVIRONMENT if name.startswith("DAGSTER_PG_")}
    assert taken <= COMPOSE["services"]["daemon"]["environment"].keys()


def test_the_image_copies_files_that_exist_and_that_are_not_left_out() -> None:
    copied = [
        name
        for line in re.findall(r"^COPY (?:--\S+ )?(.*)$", (DEPLOY / "Containerfile").read_text("utf-8"), re.MULTILINE)
        for name in line.split()[:-1]
    ]
    allowed = re.findall(r"^!(.*)$", (DEPLOY / "Containerfile.dockerignore").read_text("utf-8"), re.MULTILINE)
    assert copied
    assert not [name for name in copied if not (ROOT / name).exists() or name not in allowed]


def test_containers_share_what_they_must_and_show_nothing_to_the_network() -> None:
    services = COMPOSE["services"]
    assert services["webserver"]["volumes"] == services["daemon"]["volumes"]
    assert [port for service in services.values() for port in service.get("ports", [])] == ["127.0.0.1:3000:3000"]
    volumes = {mount.split(":")[0] for service in services.values() for mount in service["volumes"]}
    assert volumes == COMPOSE["volumes"].keys()
    assert all((DEPLOY / service["build"]["dockerfile"]).name for service in services.values() if "build" in service)
