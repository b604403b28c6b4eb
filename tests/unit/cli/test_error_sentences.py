import errno
import os
import re

import duckdb
import polars as pl
import pytest

from dialflo_pipeline.cli.error_sentences import explain_limit, explain_os_error
from tests.unit.cli.test_app import run


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EFBIG, errno.EACCES, errno.EROFS, errno.ENOTDIR, errno.EIO])
def test_a_disk_error_is_one_sentence_with_the_file_and_a_remedy(number: int) -> None:
    message = explain_os_error(OSError(number, os.strerror(number), "/data/lake/x"))
    assert "/data/lake/x" in message
    assert "run the same command again" in message


def test_of_two_files_the_one_written_is_named() -> None:
    assert "/to" in explain_os_error(OSError(errno.ENOSPC, "full", "/from", None, "/to"))


def test_any_other_system_error_keeps_its_own_words() -> None:
    assert explain_os_error(OSError(errno.ECHILD, "No child processes")) == "No child processes: a file of the pipeline"


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
def test_a_limit_is_reported_with_its_remedy_whatever_library_hit_it(error: BaseException, remedy: str) -> None:
    message = explain_limit(error)
    assert message
    assert remedy in message
    assert "run the same command again" in message


@pytest.mark.parametrize("error", [KeyError("memory"), KeyboardInterrupt(), duckdb.ParserException("at files")])
def test_any_other_error_is_not_a_limit(error: BaseException) -> None:
    assert explain_limit(error) is None


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
    assert re.fullmatch("Not enough memory.*\\n", done.stderr)
