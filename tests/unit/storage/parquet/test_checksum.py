import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dialflo_pipeline.storage.parquet import checksum


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    path = tmp_path / "file.parquet"
    table = pa.table({"number": list(range(100))})
    with pq.ParquetWriter(path, table.schema) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata(
            {checksum.HOME_KEY: "calls/call_date=2025-06-25", checksum.KEY: checksum.EMPTY_CHECKSUM}
        )
    checksum.write_checksum(path)
    return path


def test_every_bit_of_a_file_is_under_its_seal(sealed: Path) -> None:
    whole = sealed.read_bytes()
    assert checksum.is_whole(sealed) is True
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << place % 8
        sealed.write_bytes(damaged)
        assert checksum.is_whole(sealed) is False


def test_a_sealed_file_tells_where_it_belongs(sealed: Path) -> None:
    assert checksum.home(sealed) == "calls/call_date=2025-06-25"
    assert checksum.home_of(Path("lake/calls/call_date=2025-06-25/calls.parquet")) == checksum.home(sealed)


def test_what_is_no_regular_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.parquet")
    with pytest.raises(OSError, match="no regular file"):
        checksum.is_whole(tmp_path / "pipe.parquet")


@pytest.mark.parametrize("kept", [0, 1, 100, -1, -500])
def test_a_part_of_a_file_is_not_whole(sealed: Path, kept: int) -> None:
    sealed.write_bytes(sealed.read_bytes()[:kept])
    assert not checksum.is_whole(sealed)


def test_a_sealed_file_is_read_like_any_other(sealed: Path) -> None:
    assert pq.read_table(sealed)["number"].to_pylist() == list(range(100))


def test_a_file_without_a_place_for_the_seal_is_not_sealed(tmp_path: Path) -> None:
    path = tmp_path / "file.parquet"
    pq.write_table(pa.table({"number": [1]}), path)
    assert checksum.is_whole(path) is None
    with pytest.raises(ValueError, match="place"):
        checksum.write_checksum(path)
