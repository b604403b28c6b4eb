"""The tree of the tests mirrors the package, suites share `tests/support` only, and every mart has its tests."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
PACKAGE = TESTS.parent / "dialflo_pipeline"
SUITES = sorted(path.name for path in TESTS.iterdir() if any(path.rglob("*.py")))
BESIDE_THE_PACKAGE = {"benchmarks", "bi"}
"""Folders of unit tests for what is not in the package."""


def _imported(path: Path) -> set[str]:
    """The names of all modules that a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("suite", SUITES)
def test_a_suite_imports_no_other_suite(suite: str) -> None:
    allowed = {"support"} if suite == "support" else {"support", suite}
    wrong = {
        f"{path.relative_to(TESTS)} imports {name}"
        for path in (TESTS / suite).rglob("*.py")
        for name in _imported(path)
        if name.startswith("tests.") and name.split(".")[1] not in allowed
    }
    assert wrong == set()


def test_the_oracle_imports_nothing_of_the_package() -> None:
    oracle = TESTS / "support" / "oracle"
    for path in oracle.rglob("*.py"):
        assert not {name for name in _imported(path) if name.startswith("dialflo_pipeline")}, path


@pytest.mark.parametrize("suite", ["unit", "integration"])
def test_folders_of_tests_have_their_counterpart_in_the_package(suite: str) -> None:
    root = TESTS / suite
    folders = {path.parent.relative_to(root) for path in root.rglob("test_*.py")}
    for folder in folders:
        if folder.parts and folder.parts[0] not in BESIDE_THE_PACKAGE and folder.name != "by_hand":
            assert (PACKAGE / folder).is_dir() or (PACKAGE / folder).with_suffix(".py").is_file(), folder


def test_no_test_file_is_named_by_when_it_was_written() -> None:
    names = {path.name for path in TESTS.rglob("test_*.py")}
    assert not {name for name in names if name.split("_")[1] in ("more", "later", "new", "other", "misc")}


def test_every_mart_has_an_oracle_and_a_campaign_by_hand() -> None:
    marts = {path.stem for path in (TESTS.parent / "sql" / "marts").glob("*.sql")}
    oracle = {path.stem for path in (TESTS / "support" / "oracle" / "marts").glob("*.py")} - {"__init__"}
    by_hand = {
        path.stem.removeprefix("test_") for path in (TESTS / "integration" / "marts" / "by_hand").glob("test_*.py")
    }
    assert (oracle, by_hand - {"several_marts"}) == (marts, marts)
