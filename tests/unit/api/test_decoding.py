import gzip
import zlib
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialflo_pipeline.api.decoding import BodyReader, BodyTooLarge
from dialflo_pipeline.core.errors import TransportError

TEXT = b'[{"call_status": "ANSWERED"}]' * 20
ZIPPED = gzip.compress(TEXT)


def _decoded(chunks: Iterable[bytes], encoding: str = "gzip", max_bytes: int = 1_000_000) -> bytes:
    reader = BodyReader(encoding, max_bytes)
    for chunk in chunks:
        reader.feed(chunk)
    return reader.finish()


def _single_bytes(body: bytes) -> list[bytes]:
    return [body[place : place + 1] for place in range(len(body))]


@pytest.mark.parametrize("encoding", ["", "identity", "  Identity "])
def test_a_body_without_encoding_is_taken_as_it_is(encoding: str) -> None:
    assert _decoded([ZIPPED, b"\0tail"], encoding) == ZIPPED + b"\0tail"


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", " GZip "])
def test_a_gzip_body_is_inflated(encoding: str) -> None:
    assert _decoded([ZIPPED], encoding) == TEXT


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip", "gzip, br", "nonsense"])
def test_an_encoding_that_was_not_asked_for_is_trouble(encoding: str) -> None:
    with pytest.raises(TransportError, match="not asked for"):
        BodyReader(encoding, 10)


@given(
    members=st.lists(st.binary(max_size=300), min_size=1, max_size=4),
    zeros=st.lists(st.integers(0, 5), min_size=4, max_size=4),
    cuts=st.lists(st.integers(0, 2_000), max_size=6),
)
def test_all_members_are_read_with_zeros_behind_them_however_the_bytes_arrive(
    members: list[bytes], zeros: list[int], cuts: list[int]
) -> None:
    body = b"".join(gzip.compress(member) + bytes(count) for member, count in zip(members, zeros, strict=False))
    edges = sorted({0, len(body), *(min(cut, len(body)) for cut in cuts)})
    chunks = [body[start:end] for start, end in pairwise(edges)]
    assert _decoded(chunks) == b"".join(members)
    assert _decoded(_single_bytes(body)) == b"".join(members)


@pytest.mark.parametrize("length", range(1, len(ZIPPED)))
def test_a_gzip_body_cut_off_anywhere_is_trouble(length: int) -> None:
    with pytest.raises(TransportError, match="ended before its end"):
        _decoded([ZIPPED[:length]])


def test_a_second_member_cut_off_is_trouble() -> None:
    with pytest.raises(TransportError, match="ended before its end"):
        _decoded([ZIPPED, ZIPPED[:-1]])


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(ZIPPED + b"garbage", id="garbage behind"),
        pytest.param(ZIPPED + b"\0\0garbage", id="garbage behind zeros"),
        pytest.param(TEXT, id="not gzip at all"),
        pytest.param(ZIPPED[:-8] + bytes(8), id="wrong checksum and length"),
        pytest.param(zlib.compress(TEXT), id="zlib, not gzip"),
    ],
)
@pytest.mark.parametrize("in_single_bytes", [False, True])
def test_a_broken_gzip_body_is_trouble(body: bytes, in_single_bytes: bool) -> None:
    with pytest.raises(TransportError, match="broken"):
        _decoded(_single_bytes(body) if in_single_bytes else [body])


def test_an_empty_body_may_call_itself_gzip() -> None:
    assert _decoded([]) == b""


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_a_body_of_exactly_the_limit_is_taken(encoding: str) -> None:
    body = ZIPPED if encoding else TEXT
    assert _decoded([body], encoding, max_bytes=len(TEXT)) == TEXT
    assert _decoded(_single_bytes(body), encoding, max_bytes=len(TEXT)) == TEXT


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_one_byte_above_the_limit_is_too_large_and_what_was_read_is_kept(encoding: str) -> None:
    reader = BodyReader(encoding, len(TEXT) - 1)
    with pytest.raises(BodyTooLarge):
        reader.feed(ZIPPED if encoding else TEXT)
    assert reader.body == TEXT


def test_a_bomb_is_inflated_no_further_than_one_byte_past_the_limit() -> None:
    reader = BodyReader("gzip", 1_000)
    with pytest.raises(BodyTooLarge):
        reader.feed(gzip.compress(bytes(20_000_000)))
    assert reader.body == bytes(1_001)


def test_the_limit_holds_for_all_members_together() -> None:
    reader = BodyReader("gzip", 2 * len(TEXT))
    reader.feed(ZIPPED + ZIPPED)
    with pytest.raises(BodyTooLarge):
        reader.feed(ZIPPED)
