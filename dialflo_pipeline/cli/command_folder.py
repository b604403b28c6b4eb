"""The commands of `dialflo`: one module each in `commands/`, imported only when it is called.

The docstring of such a module is the help text of its command. `dialflo --help` reads it without importing the module.
"""

import ast
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

FOLDER = Path(__file__).with_name("commands")


def new_app(**options: Any) -> typer.Typer:
    """An empty app that prints plain text, for a command's module."""
    return typer.Typer(
        no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None, **options
    )


class CommandFolder(Mapping[str, Any]):
    """Command names and the commands; looking one up imports its module."""

    def __getitem__(self, name: str) -> Any:
        if name not in _names():
            raise KeyError(name)
        command = typer.main.get_command(import_module(f"dialflo_pipeline.cli.commands.{name}").app)
        command.name = name
        return command

    def __iter__(self) -> Iterator[str]:
        return iter(_names())

    def __len__(self) -> int:
        return len(_names())


class LazyGroup(TyperGroup):
    """A group whose commands are those of the folder."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**{**attributes, "commands": {}})
        self.commands = CommandFolder()  # type: ignore[assignment]  # nothing adds a command to it

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List each command with the first line of its help."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary(name)) for name in self.commands])


def summary(name: str) -> str:
    """The first line of a command's help, read from its source."""
    docstring = ast.get_docstring(ast.parse((FOLDER / f"{name}.py").read_text("utf-8"))) or ""
    return docstring.partition("\n")[0]


def _names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("[!_]*.py"))
