"""Content decoding of response bodies, strict about their end and their size.

HTTP libraries read the first member of a gzip body and take a truncated one for whole. Here every member is read, a
body that ends early is an error, and no more than a limit is ever inflated.
"""

import zlib

from dialflo_pipeline.core.errors import TransportError

ACCEPT_ENCODING = "gzip"
_GZIP = 16 + zlib.MAX_WBITS


class BodyTooLarge(Exception):
    """The decoded body passed its limit; `BodyReader.body` holds what was read until then."""


class BodyReader:
    """Collects the decoded body of one response, fed with its raw chunks."""

    def __init__(self, content_encoding: str, max_bytes: int) -> None:
        encoding = content_encoding.strip().lower()
        if encoding not in ("", "identity", "gzip", "x-gzip"):
            raise TransportError("the answer came in a content encoding that was not asked for")
        self._is_gzip = encoding.endswith("gzip")
        self._member: zlib._Decompress | None = None
        self._max_bytes = max_bytes
        self._body = bytearray()

    def feed(self, chunk: bytes) -> None:
        """Take the next raw chunk; raises `BodyTooLarge` or, for a broken stream, `TransportError`."""
        if not self._is_gzip:
            self._add(chunk)
            return
        try:
            while chunk:
                chunk = self._inflate_some(chunk)
        except zlib.error:
            raise TransportError("the gzip body is broken") from None

    def finish(self) -> bytes:
        """The whole body; raises `TransportError` when a gzip member is cut off."""
        if self._member is not None:
            raise TransportError("the gzip body ended before its end")
        return self.body

    @property
    def body(self) -> bytes:
        """What has been decoded so far."""
        return bytes(self._body)

    def _inflate_some(self, chunk: bytes) -> bytes:
        if self._member is None:
            chunk = chunk.lstrip(b"\0")  # zeros may pad the end of a member
            if not chunk:
                return b""
            self._member = zlib.decompressobj(_GZIP)
        member = self._member
        self._add(member.decompress(chunk, self._max_bytes - len(self._body) + 1))
        if not member.eof:
            return member.unconsumed_tail
        self._member = None
        return member.unused_data

    def _add(self, data: bytes) -> None:
        self._body += data
        if len(self._body) > self._max_bytes:
            raise BodyTooLarge
