"""The documentation keeps up with the code: what a page says of names, values, files and SQL is tried here."""

import ast
import json
import re
import runpy
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
import typer

from dialflo_pipeline.cli.app import app
from dialflo_pipeline.core.env_file import ENV_FILE
from dialflo_pipeline.core.errors import DialfloError
from dialflo_pipeline.core.phone_numbers import e164
from dialflo_pipeline.core.settings import ENV_PREFIX, Settings
from dialflo_pipeline.core.values import OUTCOMES, outcome_of, parse_confidence, parse_number, parse_time
from dialflo_pipeline.lake.store import Lake
from dialflo_pipeline.load import loader
from dialflo_pipeline.marts import build as marts
from dialflo_pipeline.marts.settings import MartSettings
from dialflo_pipeline.publish.publish import publish, read_published

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
COMMANDS_PAGE = ROOT / "docs" / "reference" / "commands.md"
SETTINGS_PAGE = ROOT / "docs" / "reference" / "settings.md"
VALUES = ROOT / "docs" / "values.md"
DECISIONS = ROOT / "docs" / "decisions"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

ARCHITECTURE = runpy.run_path(str(ROOT / "docs" / "make_architecture.py"))

READERS: dict[str, Callable[[str], object]] = {
    "outcome": outcome_of,
    "e164": e164,
    "number": parse_number,
    "confidence": parse_confidence,
    "time": lambda text: _iso(parse_time(text, ZoneInfo("Europe/Berlin"))),
}


def _iso(moment: Any) -> str | None:
    return None if moment is None else str(moment.isoformat())


def _blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)


def _rows(page: Path, first_cell: str) -> Iterator[list[str]]:
    """The table rows of a page whose first cell fits the pattern."""
    for line in page.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and re.fullmatch(first_cell, cells[0]):
            yield cells


def _commands(command: Any, name: str = "dialflo") -> Iterator[tuple[str, set[str]]]:
    """Every command that does something, with its long options."""
    if subcommands := getattr(command, "commands", None):
        for part, subcommand in subcommands.items():
            yield from _commands(subcommand, f"{name} {part}")
    else:
        yield name, {text for option in command.params for text in option.opts if text.startswith("--")}


def _exit_codes(error: type[DialfloError]) -> set[int]:
    return {error.exit_code}.union(*map(_exit_codes, error.__subclasses__()))


COMMANDS = dict(_commands(typer.main.get_command(app)))
SETTINGS = {
    f"{ENV_PREFIX}{name.upper()}": "" if field.default is None else str(field.default)
    for name, field in Settings.model_fields.items()
}


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a published warehouse: every table and mart, no rows."""
    data = tmp_path_factory.mktemp("docs") / "data"
    private = data / "work" / "warehouse.duckdb"
    loader.load(private, Lake(data / "lake", data / "work"), {})
    marts.build(private, MartSettings("UTC", redial_max_attempts=3, redial_min_gap_minutes=30))
    publish(private, data / "warehouse.duckdb", data / "work")
    return data


def test_the_tables_page_is_what_its_script_makes() -> None:
    page = ROOT / "docs" / "tables.md"
    made = runpy.run_path(str(ROOT / "docs" / "make_tables.py"))["tables_page"]()
    assert page.read_text("utf-8") == made, "run: python docs/make_tables.py"


def test_the_pages_of_the_marts_are_made_from_their_headers() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "make_metrics.py"))["pages"]()
    assert {path: path.read_text("utf-8") for path in made} == made, "run: python docs/make_metrics.py"
    by_hand = {"agent_metadata.md"}
    assert {path.name for path in (ROOT / "docs" / "marts").iterdir()} == {path.name for path in made} | by_hand


def test_every_mart_has_its_rules_on_its_page() -> None:
    for path in (ROOT / "docs" / "marts").iterdir():
        rules = path.read_text("utf-8").partition("## Rules")[2] or path.read_text("utf-8")
        assert len(rules.strip()) > 100, path.name


def test_the_readme_is_at_most_150_lines() -> None:
    assert len(README.read_text("utf-8").splitlines()) <= 150


def test_the_commands_page_lists_every_command_and_no_other() -> None:
    assert {row[0].strip("`") for row in _rows(COMMANDS_PAGE, "`dialflo .*`")} == COMMANDS.keys()


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_page_lists_every_option_of_a_command_and_no_other(command: str) -> None:
    (row,) = _rows(COMMANDS_PAGE, f"`{command}`")
    assert set(re.findall(r"`(--[a-z-]+)`", row[1])) == COMMANDS[command]


def test_the_commands_page_lists_every_exit_code() -> None:
    page = {int(row[0]) for row in _rows(COMMANDS_PAGE, r"\d+")}
    assert page == {0, 130, *_exit_codes(DialfloError)}


def test_commands_shown_on_any_page_exist() -> None:
    shown = {
        found
        for page in PAGES
        for found in re.findall(
            r"(?:^|[`|] ?)(dialflo [a-z]+(?: add| forget)?)\b", page.read_text("utf-8"), re.MULTILINE
        )
    }
    assert shown
    groups = {name.rpartition(" ")[0] for name in COMMANDS if name.count(" ") > 1}
    assert shown <= COMMANDS.keys() | groups


def test_the_settings_page_lists_every_setting_with_its_default() -> None:
    listed = {row[0].strip("`"): row[1].strip("`") for row in _rows(SETTINGS_PAGE, f"`{ENV_PREFIX}.*`")}
    assert listed == {name: default or "none" for name, default in SETTINGS.items()}


def test_the_example_env_file_holds_every_setting_with_its_default() -> None:
    lines = (ROOT / ".env.example").read_text("utf-8").splitlines()
    assert dict(re.findall(rf"^# ({ENV_PREFIX}\w+)=(.*)$", "\n".join(lines), re.MULTILINE)) == SETTINGS
    assert all(line.startswith("#") or not line for line in lines)


def test_settings_named_on_any_page_exist() -> None:
    named = {found for page in PAGES for found in re.findall(rf"{ENV_PREFIX}[A-Z_]+", page.read_text("utf-8"))}
    assert named <= SETTINGS.keys() | {ENV_FILE}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if "://" in target:
            continue
        file, _, heading = target.partition("#")
        found = (page.parent / file).resolve() if file else page
        assert found.exists(), target
        assert found.is_relative_to(ROOT), target
        assert not heading or heading in _anchors(found), target


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("sql", [sql for page in PAGES for sql in _blocks(page, "sql")])
def test_sql_on_the_pages_runs_on_a_published_warehouse(sql: str, published: Path) -> None:
    connection = read_published(published / "warehouse.duckdb")
    try:
        connection.execute(sql)
    finally:
        connection.close()


def test_sql_in_commands_of_the_readme_runs_on_a_published_warehouse(published: Path) -> None:
    statements = re.findall(r'^(?:dialflo query|duckdb .*) "(.*?)"', README.read_text("utf-8"), re.MULTILINE)
    assert statements
    with duckdb.connect(published / "warehouse.duckdb", read_only=True) as connection:
        for sql in statements:
            connection.execute(sql)


@pytest.mark.parametrize("code", _blocks(README, "python"))
def test_python_in_the_readme_runs_beside_a_data_folder(
    code: str, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(published.parent)
    exec(compile(ast.parse(code), "README.md", "exec"), {})  # noqa: S102 - it is our own page that is tried


def _examples(page: Path) -> Iterator[tuple[str, str, str]]:
    """What is read how, the text as sent, and what the page says comes of it."""
    for name, table in re.findall(r"<!-- examples: (\w+) -->\n((?:\|.*\n)+)", page.read_text("utf-8")):
        for line in table.splitlines()[2:]:
            sent, told = (cell.strip() for cell in line.strip("|").split("|"))
            yield name, sent[1:-1], told


@pytest.mark.parametrize(("name", "sent", "told"), list(_examples(VALUES)))
def test_an_example_value_is_read_as_its_page_says(name: str, sent: str, told: str) -> None:
    if told == "rejected":
        with pytest.raises(ValueError, match=r"."):
            READERS[name](sent)
    else:
        found = READERS[name](sent)
        assert told == ("NULL" if found is None else f"`{found}`")


def test_every_reader_of_values_has_examples() -> None:
    assert {name for name, _, _ in _examples(VALUES)} == READERS.keys()


def test_the_values_page_lists_every_known_status_with_its_outcome() -> None:
    told = {
        status: row[1].strip("`") for row in _rows(VALUES, "`[A-Z_]+`.*") for status in re.findall(r"`(\w+)`", row[0])
    }
    told.pop("CALL_ANSWERED")  # an example of one that is not known
    assert told == {status: str(outcome) for status, outcome in OUTCOMES.items()}


def test_every_decision_is_in_the_index() -> None:
    index = (DECISIONS / "README.md").read_text("utf-8")
    for page in DECISIONS.glob("*.md"):
        title = page.read_text("utf-8").splitlines()[0].removeprefix("# ")
        assert page.name == "README.md" or f"[{title}]({page.name})" in index


def test_every_dependency_has_a_line_that_says_what_it_is_for() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    project = pyproject["project"]
    apart = [package for group in pyproject["dependency-groups"].values() for package in group]
    extras = project["optional-dependencies"]
    # What `dev` has of the other extras needs no second line.
    own = {package for name, some in extras.items() if name != "dev" for package in some if not _is_alias(package)}
    dev = [package for package in extras["dev"] if package not in own]
    declared = [re.split(r"[<>=\[]", package)[0] for package in [*project["dependencies"], *own, *dev, *apart]]
    declared += json.loads((ROOT / "javascript/package.json").read_text("utf-8"))["devDependencies"]
    explained = [row[0].strip("`") for row in _rows(DECISIONS / "dependencies.md", "`[a-z@/-]+`")]
    assert sorted(explained) == sorted(declared)


def _is_alias(package: str) -> bool:
    return package.startswith("dialflo-pipeline[")


def test_names_of_extras_from_earlier_versions_still_install_the_same() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    aliases = {name: packages for name, packages in extras.items() if any(map(_is_alias, packages))}
    assert aliases == {
        "postgresql": ["dialflo-pipeline[tasks-postgresql]"],
        "mysql": ["dialflo-pipeline[tasks-mysql]"],
        "postgres": ["dialflo-pipeline[dagster-postgresql]"],
    }


def test_a_build_downloads_only_the_versions_in_its_requirements_file() -> None:
    requires = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["build-system"]["requires"]
    pinned = re.findall(r"^([a-z-]+==\S+)", (ROOT / "requirements/build.txt").read_text("utf-8"), re.MULTILINE)
    assert sorted(requires) == sorted(pinned)


@pytest.mark.parametrize("file", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda file: file.name)
def test_requirements_hold_a_hash_for_every_package_and_no_address(file: Path) -> None:
    text = file.read_text("utf-8")
    packages = re.findall(r"^\S.*(?:\n .*)*", text, re.MULTILINE)
    assert packages
    assert not [package for package in packages if "==" not in package or "--hash=sha256:" not in package]
    assert "://" not in text


def test_the_architecture_shows_the_rooms_of_the_package() -> None:
    diagram = "".join(
        re.findall(r"^```\n(.*?)^```", (ROOT / "docs/architecture.md").read_text("utf-8"), re.DOTALL | re.M)[0]
    )
    flow = re.findall(r"│ +(\w+) +│", diagram)
    folders = sorted(path.parent.name for path in (ROOT / "dialflo_pipeline").glob("*/__init__.py"))
    assert [name for name in folders if name in flow] == flow
    assert flow == list(ARCHITECTURE["FLOW"])


def test_every_module_has_a_summary_in_its_docstring() -> None:
    modules = (ROOT / "dialflo_pipeline").rglob("*.py")
    assert not [str(path.relative_to(ROOT)) for path in modules if not ARCHITECTURE["summary"](path)]


def test_the_architecture_page_is_what_its_script_makes() -> None:
    page = (ROOT / "docs/architecture.md").read_text("utf-8")
    assert page == ARCHITECTURE["architecture_page"](page), "run: make docs"


def test_the_modules_page_is_what_its_script_makes() -> None:
    page = (ROOT / "docs/reference/modules.md").read_text("utf-8")
    assert page == ARCHITECTURE["modules_page"](), "run: make docs"


def test_every_make_target_that_is_named_has_a_rule() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    phony = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[0].split()
    in_ci = re.findall(r"^make (.*)$", (ROOT / ".ci/run").read_text("utf-8"), re.MULTILINE)
    named = {*phony, *" ".join(in_ci).split()}
    assert {target for target in named if not re.search(rf"^{target}:.* ## ", makefile, re.MULTILINE)} == set()
