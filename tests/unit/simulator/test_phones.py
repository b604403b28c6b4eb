import re

import pytest

from dialflo_pipeline.simulator import phones
from dialflo_pipeline.simulator.seeded_random import seeded_random


def _as_e164(text: str | None) -> str | None:
    bare = re.sub(r"[ \-.()\[\]]", "", text or "")
    bare = bare[1:] if bare.startswith("+") else bare.removeprefix("00")
    return f"+{bare}" if re.fullmatch(r"[1-9]\d{7,14}", bare, re.ASCII) else None


@pytest.mark.parametrize(
    ("country", "fictional"),
    [(phones.INDIA, r"91555[01]\d{6}"), (phones.UNITED_STATES, r"1[2-9]\d{2}55501\d{2}")],
)
def test_numbers_are_of_ranges_that_nobody_has(country: str, fictional: str) -> None:
    rng = seeded_random("phones", country)
    contacts = [phones.contact(rng, country) for _ in range(500)]
    lines = [phones.agent_line(country, place) for place in range(100)]
    assert all(re.fullmatch(fictional, number) for number in contacts + lines)


@pytest.mark.parametrize("country", [phones.INDIA, phones.UNITED_STATES])
def test_every_way_of_writing_a_number_reads_as_that_number(country: str) -> None:
    rng = seeded_random("written", country)
    number = phones.contact(rng, country)
    forms = {phones.format_number(rng, number, usual=0.1) for _ in range(500)}
    assert len(forms) == 6
    assert {_as_e164(form) for form in forms} == {f"+{number}"}


def test_junk_cannot_be_read_as_a_number_however_it_is_written() -> None:
    rng = seeded_random("junk")
    for _ in range(500):
        assert _as_e164(phones.format_number(rng, phones.invalid_number(rng), usual=0)) is None
