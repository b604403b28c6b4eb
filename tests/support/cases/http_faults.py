"""The table of faults that one answer may have: a line each, with what must become of its id."""

import gzip
import zlib
from dataclasses import dataclass
from typing import Final

from dialflo_pipeline.api.client import MAX_BODY_BYTES
from tests.support.fault_server import USABLE, Say

STATES: Final = {
    "usable": ("settled", "settled"),
    "empty": ("unsettled", "failed"),
    "garbage": ("pending", "failed"),
    "not_found": ("not_found", "not_found"),
    "refused": ("failed", "failed"),
    "trouble": ("pending", "pending"),
}
"""What an asking ends in, and the state it gives: when asked before the deadline, and when asked at or after it."""

RETRYABLE_RESULTS: Final = ("trouble", "garbage")


@dataclass(frozen=True)
class Fault:
    """An answer, and what is kept of it: how its asking ends, status and decoded body (None: none), words of error."""

    name: str
    say: Say
    result: str
    error: str | None
    status: int | None = None
    seen: bytes | None = None
    size: int | None = None
    is_last_word: bool = False
    """Though tried again otherwise, this answer ends its asking."""

    @property
    def is_tried_again(self) -> bool:
        return self.result in RETRYABLE_RESULTS and not self.is_last_word


DETAIL: Final = b'{"detail": "no"}'
PAGE: Final = b"<html>We will be back soon</html>"
ZIPPED: Final = gzip.compress(USABLE * 50)
LARGE: Final = b'[{"call_status": "BUSY", "transcript": "' + b"x" * 50_000_000 + b'"}]'
MARKED: Final = (
    b'\xef\xbb\xbf[{"call_status": "BUSY", "to_number": "\xe2\x82\xac", "x": 1e999, "x": 12345678901234567890}]\n'
)
OK: Final = b"HTTP/1.1 200 OK\r\n"
CHUNKED: Final = b"Transfer-Encoding: chunked\r\n"
LENGTH: Final = b"Content-Length: %d\r\n" % len(USABLE)
IN_GZIP: Final = {"Content-Encoding": "gzip"}
FAR: Final = {"Retry-After": "86400"}


def usable(name: str, say: Say, seen: bytes = USABLE) -> Fault:
    return Fault(name, say, "usable", None, 200, seen)


def garbage(name: str, say: Say) -> Fault:
    seen = b"" if say.headers == IN_GZIP else say.body
    return Fault(name, say, "garbage", "the body is not JSON: ", 200, seen)


def told(name: str, say: Say, result: str, error: str = "", *, is_last_word: bool = False) -> Fault:
    """An answer whose status says what it is."""
    return Fault(name, say, result, f"HTTP {say.status}{error}", say.status, say.body, is_last_word=is_last_word)


def defer(name: str, say: Say) -> Fault:
    return told(name, say, "trouble", "; to be asked again only later than an asking may take", is_last_word=True)


def too_large(name: str, say: Say) -> Fault:
    return Fault(name, say, "refused", "the body is larger than the size limit", 200, None, MAX_BODY_BYTES + 1)


def broken(name: str, say: Say, error: str = "the connection ended within the answer") -> Fault:
    return Fault(name, say, "trouble", error)


def slow(name: str, say: Say) -> Fault:
    return broken(name, say, "no whole answer within 1 s")


def by_hand(*head: bytes, body: bytes = USABLE) -> Say:
    """An answer written by hand, behind which the connection ends."""
    return Say(raw=b"".join([*head, b"Connection: close\r\n\r\n", body]))


def zipped(*members: bytes, is_chunked: bool = False) -> Say:
    return Say(200, b"".join(map(gzip.compress, members)), IN_GZIP, is_chunked=is_chunked)


def in_encoding(name: str, body: bytes = USABLE) -> Say:
    return Say(200, body, {"Content-Encoding": name})


# 401 is no fault of one answer: it stops the run. Nor are five first answers of 403.
REFUSED_STATUSES = (
    *(300, 305, 400, 402, 403, 405, 406, 409, 410, 411, 412, 413, 414, 415),
    *(416, 417, 418, 421, 422, 423, 424, 426, 428, 431, 451, 999),
)
RETRYABLE_STATUSES = (
    *(201, 202, 206, 226, 407, 408, 425, 429),
    *(500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511, 522, 599),
)
TARGETS = ("/call_details/elsewhere", "", "http://[broken", "gopher://x", "//nowhere.invalid/")
AT_ONCE = {
    "nonsense": "soon",
    "nothing": "",
    "negative": "-5",
    "a fraction": "0.5",
    "an infinity": "inf",
    "no number": "nan",
    "a digit of another script": "٣".encode().decode("latin-1"),
    "two values": "0, 0",
    "zero": "0",
    "an old date": "Wed, 21 Oct 2015 07:28:00 GMT",
    "a date that is none": "Wed, 99 Xyz 2015 07:28:00 GMT",
    "half a date": "Wed, 21 Oct",
}
TOO_LATE = {"far too long": "86400", "more than any clock": "9" * 400, "a far date": "Fri, 31 Dec 9999 23:59:59 GMT"}

STATUSES: Final = [
    *(told(f"{status}", Say(status, DETAIL), "refused") for status in REFUSED_STATUSES),
    told("304", Say(304, b""), "refused"),
    *(told(f"{status}", Say(status, b""), "empty", ": the answer holds no call") for status in (204, 205)),
    Fault("203 with JSON that holds no call", Say(203, DETAIL), "empty", "the answer holds no call", 203, DETAIL),
    *(
        told(f"{status} and Retry-After", Say(status, DETAIL, {"Retry-After": "0"}), "trouble")
        for status in (202, 403, 522)
    ),
    *(told(f"{status}", Say(status, DETAIL), "trouble") for status in RETRYABLE_STATUSES),
    *(
        told(f"{status} to '{target}'", Say(status, b"", {"Location": target}), "refused")
        for status in (301, 302, 303, 307, 308)
        for target in TARGETS
    ),
    *(
        told(f"{status} and Retry-After {name}", Say(status, DETAIL, {"Retry-After": text}), "trouble")
        for status in (429, 503)
        for name, text in AT_ONCE.items()
    ),
    *(
        defer(f"{status} and Retry-After {name}", Say(status, DETAIL, {"Retry-After": text}))
        for status in (429, 503)
        for name, text in TOO_LATE.items()
    ),
    defer("429 and the date of tomorrow", Say(429, retry_date=86_400)),
    told("404", Say(404, DETAIL), "not_found", ": the API does not know this id"),
    told("404 in HTML", Say(404, PAGE), "not_found", ": the API does not know this id"),
    told("404 and Retry-After", Say(404, DETAIL, FAR), "not_found", ": the API does not know this id"),
    told("404 in gzip without a body", Say(404, b"", IN_GZIP), "not_found", ": the API does not know this id"),
    told("400 and Retry-After", Say(400, DETAIL, FAR), "refused"),
]
"""Answers that say no."""

WHOLE: Final = [
    usable("nothing wrong", Say()),
    usable("200 and Retry-After", Say(headers=FAR)),
    usable("a status of many words", by_hand(b"HTTP/1.1 200 It is said that this is fine\r\n", LENGTH)),
    usable("a status without words", by_hand(b"HTTP/1.1 200\r\n", LENGTH)),
    usable("hints first", by_hand(b"HTTP/1.1 103 Early\r\nLink: </x>\r\n\r\n", OK, LENGTH)),
    usable("100 first", by_hand(b"HTTP/1.1 100 Continue\r\n\r\n", OK, LENGTH)),
    usable("HTTP/1.0", by_hand(b"HTTP/1.0 200 OK\r\n", LENGTH)),
    usable("a body that ends with the connection", by_hand(OK)),
    usable("another content type", Say(headers={"Content-Type": "text/html; charset=utf-16"})),
    usable("a content type that is none", Say(headers={"Content-Type": ";;;="})),
    usable("odd headers", Say(headers={"X-Odd": "\xe9\xff", "Set-Cookie": "=;;=", "X-Empty": ""})),
    usable("a long header", Say(headers={"X-Long": "x" * 20_000})),
    usable("a byte order mark and large numbers", Say(200, MARKED), MARKED),
    usable("a long tail of blanks", Say(200, USABLE + b" " * 100_000), USABLE + b" " * 100_000),
    usable("chunks", Say(is_chunked=True)),
    usable("gzip", zipped(USABLE)),
    usable("gzip of several members", zipped(USABLE[:9], USABLE[9:20], USABLE[20:])),
    usable("gzip with an empty member", zipped(b"", USABLE, b"")),
    usable("gzip and zeros", in_encoding("gzip", gzip.compress(USABLE) + bytes(512))),
    usable("gzip in chunks", zipped(USABLE[:9], USABLE[9:], is_chunked=True)),
    usable("gzip by another name", in_encoding(" X-GZIP ", gzip.compress(USABLE))),
    usable("no encoding by name", in_encoding("identity")),
    Fault("an error object with 200", Say(200, DETAIL), "empty", "the answer holds no call", 200, DETAIL),
    garbage("HTML with 200", Say(200, PAGE, {"Content-Type": "application/json"})),
    garbage("no body", Say(200, b"")),
    garbage("gzip of nothing", zipped(b"")),
    garbage("half a body, whole by its length", Say(200, USABLE[:9])),
    Fault("garbage to be asked again tomorrow", Say(200, PAGE, FAR), "trouble", "only later", 200, PAGE, None, True),
]
"""Answers that came whole, whatever they say."""

LARGE_ONES: Final = [
    usable("50 MB", Say(200, LARGE), LARGE),
    usable("50 MB in gzip", Say(200, gzip.compress(LARGE, 1), IN_GZIP, is_chunked=True), LARGE),
    too_large("above the limit", Say(200, bytes(MAX_BODY_BYTES + 1))),
    too_large("a decompression bomb", Say(200, gzip.compress(bytes(MAX_BODY_BYTES * 4), 1), IN_GZIP)),
]

BROKEN: Final = [
    broken("nothing", Say(hangs_up=True)),
    broken("a reset before an answer", Say(raw=b"", resets=True)),
    broken("a reset within the head", Say(raw=OK, resets=True)),
    broken("a reset within the body", Say(declared=1_000, resets=True)),
    broken("half a head", Say(raw=OK + b"Content-Le")),
    broken("no HTTP", Say(raw=b"SSH-2.0-OpenSSH_9.6\r\n\r\n")),
    broken("bytes of no meaning", Say(raw=bytes(range(256)) * 8 + b"\r\n\r\n")),
    broken("a status that is no number", by_hand(b"HTTP/1.1 OK\r\n", LENGTH)),
    broken("a status of four digits", by_hand(b"HTTP/1.1 2000 OK\r\n", LENGTH)),
    broken("a header that is none", Say(headers={"Bad Header": "x"})),
    broken("a header without end", Say(raw=OK + b"X-Long: " + b"x" * 2_000_000)),
    broken("headers without end", Say(raw=OK + b"X-Many: x\r\n" * 100_000)),
    broken("a content length that is no number", by_hand(OK, b"Content-Length: many\r\n")),
    broken("a content length below 0", by_hand(OK, b"Content-Length: -1\r\n")),
    broken("two content lengths", by_hand(OK, LENGTH, b"Content-Length: 5\r\n")),
    broken("a content length above the body", Say(declared=1_000)),
    broken("a body cut off", Say(body=b"x" * 1_000, cut_after=500)),
    broken("a chunk cut off", Say(is_chunked=True, cut_after=10)),
    broken("no last chunk", Say(is_chunked=True, cut_after=-5)),
    broken("a chunk of no size", by_hand(OK, CHUNKED, body=b"xyz\r\n" + USABLE)),
    broken("a chunk larger than all memory", by_hand(OK, CHUNKED, body=b"f" * 15 + b"\r\n" + USABLE)),
    broken("a chunk of more than its size", by_hand(OK, CHUNKED, body=b"5\r\n" + USABLE + b"\r\n0\r\n\r\n")),
    broken("gzip cut in its head", in_encoding("gzip", ZIPPED[:5]), "the gzip body ended before its end"),
    broken("gzip cut", in_encoding("gzip", ZIPPED[:-9]), "the gzip body ended before its end"),
    broken("gzip cut by a byte", in_encoding("gzip", ZIPPED[:-1]), "the gzip body ended before its end"),
    broken("gzip cut in a member", in_encoding("gzip", ZIPPED + ZIPPED[:9]), "the gzip body ended before its end"),
    broken("gzip with a wrong sum", in_encoding("gzip", ZIPPED[:-8] + bytes(8)), "the gzip body is broken"),
    broken("garbage behind gzip", in_encoding("gzip", ZIPPED + b"more"), "the gzip body is broken"),
    broken("gzip in name only", in_encoding("gzip"), "the gzip body is broken"),
    broken("gzip and its chunk cut", Say(200, ZIPPED, IN_GZIP, is_chunked=True, cut_after=40)),
    broken("brotli", in_encoding("br"), "the answer came in a content encoding that was not asked for"),
    broken(
        "deflate",
        in_encoding("deflate", zlib.compress(USABLE)),
        "the answer came in a content encoding that was not asked for",
    ),
    broken(
        "gzip twice",
        in_encoding("gzip, gzip", gzip.compress(ZIPPED)),
        "the answer came in a content encoding that was not asked for",
    ),
]
"""Answers that did not come whole: nothing of them counts."""

SLOW: Final = [
    slow("silence", Say(raw=b"", stalls=True)),
    slow("silence within the head", Say(raw=OK, stalls=True)),
    slow("silence within the body", Say(declared=1_000, stalls=True)),
    slow("silence behind a hint", Say(raw=b"HTTP/1.1 103 Early Hints\r\n\r\n", stalls=True)),
    slow("a drip", Say(byte_seconds=0.2)),
    slow("a drip in chunks", Say(is_chunked=True, byte_seconds=0.2)),
    slow("a drip of gzip", Say(200, ZIPPED, IN_GZIP, byte_seconds=0.2)),
    slow("a drip of an error", Say(503, byte_seconds=0.2)),
    usable("a drip within its time", Say(byte_seconds=0.005)),
]
"""Answers that take longer than the second that a try has."""
