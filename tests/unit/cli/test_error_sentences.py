import errno
import os

import pytest

from dialflo_pipeline.cli.os_errors import sentence


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EFBIG, errno.EACCES, errno.EROFS, errno.ENOTDIR, errno.EIO])
def test_what_the_disk_refuses_is_one_sentence_with_the_file_and_a_remedy(number: int) -> None:
    told = sentence(OSError(number, os.strerror(number), "/data/lake/x"))
    assert "/data/lake/x" in told
    assert "run the same command again" in told


def test_of_two_files_the_one_written_is_named() -> None:
    assert "/to" in sentence(OSError(errno.ENOSPC, "full", "/from", None, "/to"))


def test_any_other_error_of_the_system_is_told_in_its_own_words() -> None:
    assert sentence(OSError(errno.ECHILD, "No child processes")) == "No child processes: a file of the pipeline"
