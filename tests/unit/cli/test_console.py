"""Output in a pipe: plain, and a row a line."""

import pytest

from dialflo_pipeline.cli import console


def test_a_table_in_a_pipe_has_a_line_for_each_row_however_long(capsys: pytest.CaptureFixture[str]) -> None:
    console.table(["name", "text"], [("a", "long " * 200), ("b", None)])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert not any(ord(character) > 127 for character in "".join(lines))


def test_a_line_in_a_pipe_is_as_long_as_its_own_text(capsys: pytest.CaptureFixture[str]) -> None:
    console.table(["name", "text"], [("a", "long " * 200), ("b", "short")])
    lines = capsys.readouterr().out.splitlines()
    assert [len(line) for line in lines if "long" not in line] == [len("name  text"), len("b     short")]


def test_brackets_in_a_value_are_not_taken_for_markup(capsys: pytest.CaptureFixture[str]) -> None:
    console.table(["[b]name"], [("[bold]x[/bold]",)])
    console.say("[red]y[/red]")
    shown = capsys.readouterr().out
    assert "[bold]x[/bold]" in shown
    assert "[b]name" in shown
    assert "[red]y[/red]" in shown


def test_of_a_text_that_nobody_reads_whole_a_table_has_the_start_and_the_length(
    capsys: pytest.CaptureFixture[str],
) -> None:
    console.table(["text"], [("y" * console.PIPE_WIDTH,), ("x" * 2_000_000,)])
    _, whole, cut = capsys.readouterr().out.splitlines()
    assert whole == "y" * console.PIPE_WIDTH
    assert cut == "x" * console.SHOWN_CHARACTERS + "… (2,000,000 characters)"
