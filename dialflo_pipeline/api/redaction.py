"""Taking the token out of what an API sends back: an error may quote the request that it is about, and is kept."""

import html
import re
from typing import Final

from pydantic import SecretStr

MIN_SECRET_BYTES: Final = 16
"""A shorter token may be a word that stands in answers for other reasons."""

REDACTED: Final = b"[token]"

_LETTERS_AND_DIGITS = re.compile("[A-Za-z0-9]*")


def redact_token(body: bytes, token: SecretStr) -> bytes:
    """The body without the token, as it is or as JSON, addresses, HTML and UTF-16 spell what is no letter or digit."""
    text = token.get_secret_value()
    if len(text) < MIN_SECRET_BYTES:
        return body
    # Letters and digits are written as they are, so where the longest run of them is not, the token is not.
    run = max(_LETTERS_AND_DIGITS.findall(text), key=len)
    if run.encode() not in body and "\0".join(run).encode() not in body:
        return body
    return re.sub("".join(map(_spellings, text)).encode(), REDACTED, body)


def _spellings(character: str) -> str:
    if character.isalnum():
        return rf"\x00?{character}"
    code = f"{ord(character):02x}"
    name = html.escape(character).strip("&;")
    entity = f"#0*{ord(character)}|#x0*{code}" + (f"|{name}" if len(name) > 1 else "")
    return rf"\x00?(?:\\*{re.escape(character)}|(?i:\\+u00{code}|%(?:25)*{code}|&(?:amp;)*(?:{entity});))"
