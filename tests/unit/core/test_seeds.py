"""Mappings of words: what a user's own files may say, and what is said of rows that are wrong."""

from pathlib import Path

import pytest

from dialflo_pipeline.core.errors import SettingsError
from dialflo_pipeline.core.seeds import SEED_FOLDER, Word, merged, plain, read_words
from dialflo_pipeline.core.settings import Settings
from dialflo_pipeline.core.values import OUTCOMES
from dialflo_pipeline.marts.project import source_files, sql_folder
from dialflo_pipeline.marts.settings import mart_settings_of


def test_the_shipped_statuses_are_those_that_calls_are_read_by() -> None:
    words = {word.word: word.meaning for word in read_words(sql_folder() / SEED_FOLDER) if word.kind == "status"}
    assert words == {status: str(outcome) for status, outcome in OUTCOMES.items()}


def test_of_the_shipped_actions_only_redial_asks_for_a_redial() -> None:
    words = read_words(sql_folder() / SEED_FOLDER)
    assert [word.word for word in words if word.meaning == "redial"] == ["REDIAL"]


def test_shipped_mappings_decide_what_marts_hold() -> None:
    assert {"actions.csv", "interests.csv", "statuses.csv"} <= {file.name for file in source_files(sql_folder())}


def test_no_files_are_no_words(tmp_path: Path) -> None:
    assert read_words(tmp_path / "nowhere") == ()


def test_own_words_are_a_part_of_the_settings_of_marts(tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "actions.csv").write_text("action,meaning\nring me,REDIAL\n")
    settings = mart_settings_of(Settings(data_dir=tmp_path))
    assert settings.words == (Word("action", "RING ME", "redial", is_stop=False),)


def test_files_are_read_whatever_their_order_of_columns_marks_and_line_ends(tmp_path: Path) -> None:
    text = '\ufeffStop , Interested,interest\r\n\r\nYES,no," never,\never again "\r\n,Unknown,हाँ\r\n'
    (tmp_path / "interests.csv").write_bytes(text.encode())
    assert read_words(tmp_path) == (
        Word("interest", "NEVER,\nEVER AGAIN", "no", is_stop=True),
        Word("interest", "हाँ", "unknown", is_stop=False),
    )


def test_own_words_go_before_shipped_ones() -> None:
    shipped = [Word("action", "A", "convert", False), Word("action", "B", "stop", True)]
    own = [Word("action", "A", "other", False), Word("status", "A", "busy", False)]
    assert merged(shipped, own) == [own[0], shipped[1], own[1]]


@pytest.mark.parametrize(
    ("text", "expected"), [(" \t\n\r\v\fa b ", "A B"), ("red\u0131al", "RED\u0131AL"), ("\u00a0x", "\u00a0X")]
)
def test_only_ascii_letters_and_blanks_are_alike(text: str, expected: str) -> None:
    assert plain(text) == expected


def test_every_wrong_row_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "actions.csv").write_text('action,meaning\n" ",stop\nA,sotp\nB,stop\n b ,stop\nC\n')
    (tmp_path / "statuses.csv").write_text("status,outcome,stop\nX,busy,maybe\n")
    (tmp_path / "interests.csv").write_text("interest,outcome\n")
    (tmp_path / "words.csv").write_text("")
    with pytest.raises(SettingsError) as caught:
        read_words(tmp_path)
    told = [line.removeprefix(f"  {tmp_path}/") for line in str(caught.value).splitlines()[1:]]
    assert told == [
        "actions.csv, line 2: action is blank",
        "actions.csv, line 3: meaning must be one of redial, stop, convert, other",
        "actions.csv, line 5: the same action as in line 4 (case and outer blanks do not count)",
        "actions.csv, line 6: 1 fields instead of 2",
        "interests.csv, line 1: must name the columns interest, interested, stop",
        "statuses.csv, line 2: stop must be yes, no or blank",
        "words.csv: no such mapping; use statuses.csv, interests.csv, actions.csv",
    ]


@pytest.mark.parametrize(
    ("body", "problem"), [(b"action,meaning\n\xff,stop\n", "not UTF-8"), (b'action,meaning\n"a', "cannot be read")]
)
def test_a_file_that_is_no_csv_is_told(body: bytes, problem: str, tmp_path: Path) -> None:
    (tmp_path / "actions.csv").write_bytes(body)
    with pytest.raises(SettingsError, match=problem):
        read_words(tmp_path)
