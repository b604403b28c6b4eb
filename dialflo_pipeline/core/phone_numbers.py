"""Reads phone numbers as E.164, and decides which number is the other party's.

The steps are those of *Phone numbers* in `docs/values.md`, in that order. A number that cannot be read gives None.
"""

import re
import unicodedata
from functools import cache, lru_cache
from typing import Final

from dialflo_pipeline.core.values import capitals, is_blank

PLAIN_E164: Final = r"(?:\+|00)?([1-9][0-9]{7,14})"
"""A number that needs no cleaning, without a default region; its digits are the group."""

_SPACES: Final = "".join(map(chr, range(0x2000, 0x200B)))
_WHITE_SPACE: Final = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + _SPACES
"""Unicode's White_Space; `str.isspace` also counts the separators U+001C to U+001F."""

_MINUS: Final = "\u2212"
_SCHEME: Final = re.compile("(?:tel|whatsapp):", re.ASCII | re.IGNORECASE)
_TRUNK_ZERO: Final = "(0)"
_COUNTRY: Final = re.compile(r"([(\[]*(?:\+|00)[(\[]*[0-9]{1,3}[)\]]*)\(0\)")
_BRACKETS: Final = str.maketrans("", "", "()[]/")
_DECIMALS: Final = re.compile(r"(\+?[0-9]+)\.0+")
_E164: Final = re.compile(PLAIN_E164)
_DISTINCT_NUMBERS: Final = 65_536


def e164(number: str | None, region: str | None = None) -> str | None:
    """A phone number as `+` and 8 to 15 digits, the country code first.

    With a default `region` (such as IN), a number without `+` or `00` is read by the phone library: as international if
    that is valid, else as a national number of the region if that is valid.
    """
    text = _clean(number or "")
    if text is None:
        return None
    if region and text and not text.startswith(("+", "00")):
        return read_by_library(text, region)
    match = _E164.fullmatch(text)
    return f"+{match[1]}" if match else None


def is_inbound(direction: str | None) -> bool:
    """Whether a call's direction says that the other party called."""
    return capitals(direction or "") == "INBOUND"


def contact_number(
    direction: str | None, from_number: str | None, to_number: str | None, region: str | None = None
) -> str | None:
    """The other party's number: in E.164 where it can be read so, else as sent; None if blank."""
    sent = from_number if is_inbound(direction) else to_number
    if sent is None or is_blank(sent):
        return None
    return e164(sent, region) or sent


def is_region(text: str) -> bool:
    """Whether the phone library knows this region."""
    # Slow to import, and needed only where a region is set.
    import phonenumbers

    return text in phonenumbers.SUPPORTED_REGIONS


@cache
def library_version() -> str:
    """The version of the phone library: its number plans change with it."""
    import phonenumbers

    return phonenumbers.__version__


def _clean(number: str) -> str | None:
    """The number without what people write around the digits; None where a `(0)` makes it unreadable."""
    if number.isascii() and number.isdigit():
        return number
    text = "".join(filter(_is_kept, unicodedata.normalize("NFKC", number)))
    if scheme := _SCHEME.match(text):
        text = text[scheme.end() :]
    if country := _COUNTRY.match(text):
        text = country[1] + text[country.end() :]
    if _TRUNK_ZERO in text:
        return None
    text = text.translate(_BRACKETS)
    if decimals := _DECIMALS.fullmatch(text):
        text = decimals[1]
    return text.replace(".", "")


def _is_kept(character: str) -> bool:
    is_taken = character in _WHITE_SPACE or character == _MINUS or unicodedata.category(character) in ("Cf", "Pd")
    return not is_taken


@lru_cache(maxsize=_DISTINCT_NUMBERS)
def read_by_library(text: str, region: str) -> str | None:
    """The cleaned number as E.164 by the phone library, or None.

    Results are kept, since the library takes some 40 microseconds a number.
    """
    import phonenumbers

    for written, default in ((f"+{text}", None), (text, region)):
        try:
            number = phonenumbers.parse(written, default)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return None
