import re

import duckdb
import polars as pl
import pytest

from dialflo_pipeline.cli.resource_limits import sentence_of_limit
from tests.unit.cli.test_app import run


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (MemoryError(), "ulimit -v"),
        (duckdb.OutOfMemoryException("Out of Memory Error: failed to allocate data of size 64.0 MiB"), "ulimit -v"),
        (ImportError("libarrow.so: failed to map segment from shared object"), "ulimit -v"),
        (pl.exceptions.PanicException("Os { code: 24, kind: TooManyOpenFiles }"), "ulimit -n"),
        (RuntimeError("can't start new thread"), "ulimit -u"),
    ],
)
def test_a_limit_is_told_with_its_remedy_whatever_library_ran_into_it(error: BaseException, remedy: str) -> None:
    told = sentence_of_limit(error)
    assert told
    assert remedy in told
    assert "run the same command again" in told


@pytest.mark.parametrize("error", [KeyError("memory"), KeyboardInterrupt(), duckdb.ParserException("at files")])
def test_any_other_error_is_no_limit(error: BaseException) -> None:
    assert sentence_of_limit(error) is None


def test_a_command_that_runs_out_of_memory_ends_in_a_sentence() -> None:
    code = """
from dialflo_pipeline.core import settings
from dialflo_pipeline.cli import main

def exhausted(*args):
    raise MemoryError

settings.load_settings = exhausted
main()
"""
    done = run("status", code=code)
    assert done.returncode == 1
    assert re.fullmatch("There is not enough memory.*\\n", done.stderr)
