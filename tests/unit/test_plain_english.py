"""Texts that users read are in plain, modern English: a list of words stays out of them.

A word is on the list because a simpler one says the same: "computed" for "reckoned", "again" for "anew".
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from dialflo_pipeline.cli.app import app

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "dialflo_pipeline"
PAGE = PACKAGE / "serve" / "dashboard" / "page"

BANNED = re.compile(
    r"\b(reckon\w*|anew|told|tell(?:s|ing)?|nobody|somebody|whoever|stands|lies|mend(?:s|ed|ing)?|at once|side by side"
    r"|(?<!there )is no (?!longer\b)|so many|of those|as it were)\b",
    re.IGNORECASE,
)


def _found(text: str) -> list[str]:
    """Banned words with some text around them."""
    plain = " ".join(text.split())
    return [f"…{plain[max(0, hit.start() - 30) : hit.end() + 20]}…" for hit in BANNED.finditer(plain)]


def _prose(page: Path) -> str:
    """A page without code and without the addresses of links."""
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"\]\([^)]*\)|`[^`\n]*`", "", text)


def _help_texts(command: Any) -> Iterator[str]:
    yield command.help or ""
    yield from (getattr(option, "help", None) or "" for option in command.params)
    for subcommand in getattr(command, "commands", {}).values():
        yield from _help_texts(subcommand)


def _strings(module: Path) -> Iterator[str]:
    """The string literals of more than one word, docstrings aside: messages, descriptions and SQL."""
    tree = ast.parse(module.read_text("utf-8"))
    docs = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and " " in node.value
            and id(node) not in docs
        ):
            yield node.value


GENERATED = ("modules.md",)
"""Made from docstrings, which are for developers."""

PAGES = sorted(page for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")] if page.name not in GENERATED)
CONFIGURATION = sorted([ROOT / ".env.example", ROOT / "Makefile", *(ROOT / "deploy").rglob("*.*")])
MODULES = sorted(PACKAGE.rglob("*.py"))
SQL = sorted((ROOT / "sql").rglob("*.sql"))
SCRIPTS = sorted([*PAGE.glob("*.js"), *PAGE.glob("*.html")])


def _id(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=_id)
def test_a_page_uses_plain_words(page: Path) -> None:
    assert _found(_prose(page)) == []


@pytest.mark.parametrize("file", CONFIGURATION, ids=_id)
def test_a_file_that_users_copy_or_call_uses_plain_words(file: Path) -> None:
    assert _found(file.read_text("utf-8")) == []


def test_the_help_uses_plain_words() -> None:
    assert [hit for text in _help_texts(typer.main.get_command(app)) for hit in _found(text)] == []


@pytest.mark.parametrize("module", MODULES, ids=_id)
def test_messages_and_descriptions_use_plain_words(module: Path) -> None:
    assert [hit for text in _strings(module) for hit in _found(text)] == []


@pytest.mark.parametrize("file", SQL, ids=_id)
def test_headers_of_sql_models_use_plain_words(file: Path) -> None:
    assert _found(file.read_text("utf-8")) == []


@pytest.mark.parametrize("file", SCRIPTS, ids=_id)
def test_the_dashboard_uses_plain_words(file: Path) -> None:
    assert _found(file.read_text("utf-8")) == []


def test_the_search_finds_banned_words_and_only_these() -> None:
    assert len(_found("Nobody reckons\nat once; it is no day.")) == 4
    assert _found("This is not a date; standing orders and amendments remain, now and then.") == []
