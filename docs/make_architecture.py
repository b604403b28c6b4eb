"""Writes the generated parts of the architecture pages from docstrings and from the import contract.

`reference/modules.md` lists every module with the first sentence of its docstring. `architecture.md` has the rooms and
the import layers between markers. Run it after a change of these: `make docs`. A test compares the pages with it.
"""

import ast
import configparser
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "dialflo_pipeline"
ARCHITECTURE = ROOT / "docs" / "architecture.md"
MODULES = ROOT / "docs" / "reference" / "modules.md"

FLOW = ("extract", "flatten", "lake", "load", "marts", "publish", "serve")
"""The rooms that data flows through, in this order; `ls` shows them so too."""

HEAD = """# Modules

Every module with the first sentence of its docstring, made by `make docs`. The rooms of the data flow come first.
[Architecture](../architecture.md) explains how they work together.
"""


def summary(path: Path) -> str:
    """The first sentence of a module's docstring, without its full stop."""
    docstring = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    paragraph = " ".join(docstring.partition("\n\n")[0].split())
    return re.split(r"(?<=[.])\s", paragraph, maxsplit=1)[0].rstrip(".").replace("|", "\\|")


def rooms() -> list[Path]:
    """The folders of the package: those of the data flow first, then the others by name."""
    folders = sorted(path.parent for path in PACKAGE.glob("*/__init__.py"))
    return sorted(folders, key=lambda folder: FLOW.index(folder.name) if folder.name in FLOW else len(FLOW))


def modules_page() -> str:
    """The whole page of modules."""
    top = [path for path in sorted(PACKAGE.glob("*.py")) if path.name != "__init__.py"]
    parts = [HEAD, *(_room(folder) for folder in rooms()), "## Beside the rooms\n\n" + _table(PACKAGE, top)]
    return "\n".join(parts)


def architecture_page(page: str) -> str:
    """`page` with its generated parts renewed."""
    rows = [f"| `{folder.name}/` | {summary(folder / '__init__.py')} |" for folder in rooms()]
    page = _replaced(page, "rooms", "\n".join(["| room | purpose |", "| --- | --- |", *rows]))
    return _replaced(page, "layers", "\n".join(["```", *_layers(), "```"]))


def _room(folder: Path) -> str:
    modules = [path for path in sorted(folder.rglob("*.py")) if path != folder / "__init__.py"]
    return f"## {folder.name}\n\n{summary(folder / '__init__.py')}.\n\n{_table(folder, modules)}"


def _table(folder: Path, modules: list[Path]) -> str:
    rows = [f"| `{_name(path.relative_to(folder))}` | {summary(path)} |" for path in modules if summary(path)]
    return "\n".join(["| module | purpose |", "| --- | --- |", *rows]) + "\n"


def _name(path: Path) -> str:
    return f"{path.parent.as_posix()}/" if path.name == "__init__.py" else path.as_posix()


def _layers() -> Iterator[str]:
    """The layers of the import contract, highest first."""
    contract = configparser.ConfigParser()
    contract.read(ROOT / ".importlinter", encoding="utf-8")
    yield from contract["importlinter:contract:layers"]["layers"].split("\n")[1:]


def _replaced(page: str, name: str, text: str) -> str:
    pattern = rf"(<!-- generated: {name} -->\n).*?(<!-- end -->)"
    found, count = re.subn(pattern, lambda match: f"{match[1]}\n{text}\n\n{match[2]}", page, flags=re.DOTALL)
    if count != 1:
        raise ValueError(f"{ARCHITECTURE.name} has no single place for {name}")
    return found


if __name__ == "__main__":
    MODULES.write_text(modules_page(), encoding="utf-8")
    ARCHITECTURE.write_text(architecture_page(ARCHITECTURE.read_text("utf-8")), encoding="utf-8")
