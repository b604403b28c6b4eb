import html
import json
import re
from urllib.parse import quote

import pytest
from pydantic import SecretStr

from dialflo_pipeline.api.redaction import REDACTED, redact_token

TEXT = "tok-9f3a7b21/Xy+w==&<z>\"'{1}~!"
TOKEN = SecretStr(TEXT)


@pytest.mark.parametrize(
    "spelled",
    [
        TEXT.encode(),
        json.dumps(TEXT)[1:-1].encode(),
        json.dumps(TEXT)[1:-1].replace("/", r"\/").encode(),
        json.dumps(json.dumps(TEXT)[1:-1].replace("/", r"\/"))[1:-1].encode(),
        "".join(each if each.isalnum() else f"\\u{ord(each):04X}" for each in TEXT).encode(),
        quote(TEXT, safe="").encode(),
        re.sub("%..", lambda found: found[0].lower(), quote(quote(TEXT, safe=""), safe="")).encode(),
        html.escape(TEXT).encode(),
        html.escape(html.escape(TEXT)).encode(),
        "".join(each if each.isalnum() else f"&#{ord(each)};" for each in TEXT).encode(),
        "".join(each if each.isalnum() else f"&#X{ord(each):X};" for each in TEXT).encode(),
    ],
)
def test_the_token_is_taken_out_however_it_is_spelled(spelled: bytes) -> None:
    body = b'{"detail":"Bearer ' + spelled + b'", "again":"' + spelled + b'"}'
    assert redact_token(body, TOKEN) == b'{"detail":"Bearer ' + REDACTED + b'", "again":"' + REDACTED + b'"}'


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16"])
def test_the_token_is_taken_out_of_wide_texts(encoding: str) -> None:
    left = redact_token(f"Bearer {TEXT}, please".encode(encoding), TOKEN).replace(b"\x00", b"")
    assert REDACTED in left
    assert TEXT[4:12].encode() not in left


def test_what_is_not_the_token_stays() -> None:
    body = TEXT[:-1].encode() + b" " + TEXT.upper().encode() + b" " + TEXT[1:].encode()
    assert redact_token(body, TOKEN) == body


def test_a_short_token_may_be_a_word_and_stays() -> None:
    assert redact_token(b"a word", SecretStr("word")) == b"a word"
