"""Hours without am or pm beside a day of the month, as in "15th at 5". dateparser reads them as months or years."""

import re

_NTH = r"\d{1,2}(?:st|nd|rd|th)"
_HOUR = r"(?P<hour>\d{1,2})(?:\s*o'?\s?clock)?"
_FORMS = [
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"(?P<day>.*\b{_NTH}\b(?:\s+[^\W\d]+)?)\s*,?\s*(?:at|@)\s*{_HOUR}",
        rf"(?P<day>.*\b{_NTH})\s*,?\s+{_HOUR}",
        rf"(?:(?:at|@)\s*)?{_HOUR}\s*(?:,|\bon\b)\s*(?P<day>(?:the\s+)?{_NTH}\b.*)",
    )
]
_TWO_NUMBERS = re.compile(r"(?:on\s+)?(?:the\s+)?\d{1,2}\s*,?\s*(?:at|@)\s*\d{1,2}", re.IGNORECASE)
LAST_HOUR = 24


def without_bare_hour(text: str) -> str:
    """The day alone, "15th" for "15th at 5": such an hour could be in the morning or in the evening."""
    for form in _FORMS:
        if (found := form.fullmatch(text.strip())) and int(found["hour"]) <= LAST_HOUR:
            return found["day"]
    return text


def is_two_numbers(text: str) -> bool:
    """Whether it is a day and an hour without any mark, as in "15 at 5"."""
    return _TWO_NUMBERS.fullmatch(text.strip()) is not None
