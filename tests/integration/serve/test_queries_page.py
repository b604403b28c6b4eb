"""Every question on the page of queries has an answer in a warehouse of simulated calls."""

import re
from pathlib import Path

import pytest

from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.publish.publish import read_published

PAGE = Path(__file__).resolve().parents[3] / "docs" / "queries.md"
QUESTIONS = re.findall(r"^### (\d+\. .*?)\n(.*?)```sql\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
MAY_BE_EMPTY = "May be empty."


def test_there_are_as_many_questions_as_the_title_says_each_with_its_sql() -> None:
    assert [int(question.partition(".")[0]) for question, _, _ in QUESTIONS] == list(range(1, 21))
    assert not any("###" in words for _, words, _ in QUESTIONS)


@pytest.mark.parametrize(("question", "words", "sql"), QUESTIONS, ids=[question for question, _, _ in QUESTIONS])
def test_a_question_has_an_answer(simulated: DataDir, question: str, words: str, sql: str) -> None:
    connection = read_published(simulated.published)
    try:
        rows = connection.execute(sql).fetchall()
    finally:
        connection.close()
    assert rows or MAY_BE_EMPTY in words, question
    assert not rows or any(value is not None for row in rows for value in row)
