"""A token and phone numbers that go through the tests, and the search for them wherever they must not be.

Every test has the token in its environment, and the documents that tests share and the simulator's calls have the
numbers in them. After each test its output, its logs, the errors it met and all files below its folder are searched.
The hooks and fixtures in here take effect where a conftest imports them.
"""

import os
import re
from collections.abc import Generator, Iterable, Iterator
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, Final

import pytest

from dialflo_pipeline.core.errors import DialfloError

TOKEN: Final = "tok-4f1c9a7e-not-for-any-file"
PHONES: Final = ("917407656243", "918035736461", "917400011122", "918800099977", "919900077766")
"""Those of the documented example and of drawn calls, and three of the tests of faults."""

_BETWEEN: Final = rb"[ \-.()\[\]]*"
_SIMULATED: Final = (rb"91555[01][0-9]{6}", rb"1[2-9][0-9]{2}55501[0-9]{2}")
"""The ranges that the simulator takes its numbers from."""

_TOKEN: Final = re.compile(re.escape(TOKEN.encode()))
_PHONE: Final = re.compile(
    rb"(?<![0-9])(?:"
    + b"|".join([*(_BETWEEN.join(re.findall(b".", phone.encode())) for phone in PHONES), *_SIMULATED])
    + rb")(?![0-9])"
)

_KINDS: Final = {"the token": _TOKEN, "a phone number": _PHONE}

_KEPT_IN: Final = {
    *("lake", "inbox", "aside", "unfinished", "unfinished-registration", "damaged", "quarantine", "documents"),
}
"""Folders that are there to hold answers and task files, whole or not yet; the last has what a test gives to serve."""

_GIVEN: Final = {".csv", ".tsv", ".jsonl", ".parquet", ".txt", ".db"}
"""Task files that a test gives, outside the data directory."""

_said: list[str] = []
_searched: set[Path] = set()


def canaries_in(text: str | bytes) -> list[str]:
    """Which of them a text holds, by kind: it is not to be told again."""
    content = text.encode("utf-8", "replace") if isinstance(text, str) else text
    return [kind for kind, pattern in _KINDS.items() if pattern.search(content)]


def leaks_below(folder: Path) -> list[str]:
    """The files that hold the token, and those that hold a phone number and are not there for it."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            is_for_it = _holds_personal_data(path.relative_to(folder))
            kinds = {"the token": _TOKEN} if is_for_it else _KINDS
            found += [f"{kind} in {path.relative_to(folder)}" for kind, each in kinds.items() if _is_in(each, path)]
    return found


def _is_in(pattern: re.Pattern[bytes], path: Path) -> bool:
    """Whether a file has it; files of a gigabyte are among those that tests make."""
    with path.open("rb") as file:
        if not os.fstat(file.fileno()).st_size:
            return False
        with mmap(file.fileno(), 0, access=ACCESS_READ) as content:
            return pattern.search(content) is not None


def _holds_personal_data(path: Path) -> bool:
    is_database = ".duckdb" in path.name or path.name.startswith(("warehouse.", "published."))
    return is_database or bool(_KEPT_IN & set(path.parts[:-1])) or (len(path.parts) == 1 and path.suffix in _GIVEN)


def _fail(where: Iterable[str]) -> None:
    told = list(where)
    assert not told, f"leaked: {'; '.join(told)}"


@pytest.fixture(autouse=True)
def canary_token(monkeypatch: pytest.MonkeyPatch) -> str:
    """The token, in the environment of every test."""
    monkeypatch.setenv("DIALFLO_API_TOKEN", TOKEN)
    return TOKEN


@pytest.fixture(scope="session", autouse=True)
def _listening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Hear of every error of the pipeline and of all output that tests read; at the end search what is left."""
    with pytest.MonkeyPatch.context() as patch:
        told, read = DialfloError.__init__, pytest.CaptureFixture.readouterr

        def init(self: DialfloError, *arguments: object) -> None:
            _said.append(f"{type(self).__name__}: {arguments}")
            told(self, *arguments)

        def readouterr(self: "pytest.CaptureFixture[Any]") -> Any:
            captured = read(self)
            _said.extend(text for text in captured if isinstance(text, str))
            return captured

        patch.setattr(DialfloError, "__init__", init)
        patch.setattr(pytest.CaptureFixture, "readouterr", readouterr)
        yield
    rest = [path for path in tmp_path_factory.getbasetemp().iterdir() if path.is_dir() and path not in _searched]
    _fail(leak for path in rest if not path.is_symlink() for leak in leaks_below(path))


def pytest_warning_recorded(warning_message: Any) -> None:
    """Search a warning with the next test that ends."""
    _said.append(str(warning_message))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, Any, None]:
    """Once a test has tidied up, search all it heard and its folder."""
    outcome = yield
    if outcome.excinfo is None:
        heard = [kind for text in _said for kind in canaries_in(text)]
        folder = (getattr(item, "funcargs", None) or {}).get("tmp_path")
        if isinstance(folder, Path):
            _searched.add(folder)
            heard += leaks_below(folder)
        try:
            _fail(heard)
        except AssertionError as leaked:
            outcome.force_exception(leaked)
    _said.clear()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    """Search what a test printed and logged; of one that fails also why, which may show what it compared."""
    outcome = yield
    report: pytest.TestReport = outcome.get_result()
    found = [f"{kind} in {name}" for name, text in report.sections for kind in canaries_in(text)]
    found += [f"{kind} in why it failed" for kind in canaries_in(report.longreprtext) if kind == "the token"]
    if found:
        report.outcome = "failed"
        report.sections = []
        report.longrepr = f"leaked: {'; '.join(found)}"
