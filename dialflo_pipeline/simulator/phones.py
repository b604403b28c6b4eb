"""Phone numbers in E.164 that are not in use, and the formats in which a service writes them.

India: the area code 555 followed by a subscriber number that starts with 0 or 1, which are never assigned. United
States: 555-0100 to 555-0199, reserved for fiction in every area code.
"""

from random import Random

INDIA = "91"
UNITED_STATES = "1"

_AGENT_LINES = {INDIA: "9155510000{:02d}", UNITED_STATES: "121255501{:02d}"}


def contact(rng: Random, country: str) -> str:
    """A contact's number, country code first, digits only."""
    if country == INDIA:
        return f"915550{rng.randrange(1_000_000):06d}"
    return f"1{rng.randrange(201, 990)}55501{rng.randrange(100):02d}"


def agent_line(country: str, place: int) -> str:
    """The number an agent calls from, `place` from 0 to 99."""
    return _AGENT_LINES[country].format(place)


def invalid_number(rng: Random) -> str | None:
    """A value in place of a number that is not one."""
    return rng.choice(("", "  ", "anonymous", "5550", f"05550{rng.randrange(100_000):05d}", None))


def format_number(rng: Random, number: str | None, usual: float = 0.9) -> str | None:
    """The number as the service writes it: digits only in a share `usual` of cases, else with prefix or separators."""
    if not number or not number.isdigit() or number[0] == "0" or rng.random() < usual:
        return number
    return rng.choice(_NUMBER_FORMATS).format(code=number[:-10], head=number[-10:-5], tail=number[-5:], number=number)


_NUMBER_FORMATS = (
    "+{number}",
    "00{number}",
    "+{code} {head} {tail}",
    "+{code}-{head}-{tail}",
    "+{code} ({head}) {tail}",
)
