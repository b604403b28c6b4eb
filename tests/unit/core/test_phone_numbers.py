"""Phone numbers: which are read as E.164, and whose number counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialflo_pipeline.core.phone_numbers import contact_number, e164, is_inbound, is_region
from tests.support.oracle.values import e164 as expected_e164

PIECES = (
    *(
        "+",
        "00",
        "0",
        "91",
        "44",
        "7407656243",
        "20 7946",
        "0958",
        "1",
        "(0)",
        "(",
        ")",
        "[",
        "]",
        "/",
        ".",
        ".0",
        ".00",
    ),
    *(
        "tel:",
        "TEL:",
        "whatsapp:",
        " ",
        "\u00a0",
        "\u2028",
        "\x1c",
        "-",
        "\u2011",
        "\u2212",
        "\u202a",
        "\ufeff",
        "\u00ad",
    ),
    *("\uff0b", "\uff11", "\uff08", "\u0661", "\u2474", "x", "ext", ";", "e"),
)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("917407656243", "+917407656243"),
        ("+91 (740) 765-6243", "+917407656243"),
        ("0091.740.765.6243", "+917407656243"),
        ("[91]7407656243", "+917407656243"),
        ("12345678", "+12345678"),
        ("123456789012345", "+123456789012345"),
        ("1234567", None),
        ("1234567890123456", None),
        ("07407656243", None),
        ("+07407656243", None),
        ("+0091740765624", None),
        ("00091740765624", None),
        ("++917407656243", None),
        ("\u0669\u0661\u0667\u0664\u0660\u0667\u0666\u0665\u0666", None),
        # White space, format characters and dashes, wherever they are.
        ("917407656243\n", "+917407656243"),
        ("91\t7407656243", "+917407656243"),
        ("+91\u00a074076\u202f56243", "+917407656243"),
        ("\u202a+91 74076 56243\u202c", "+917407656243"),
        ("\u200e\ufeff+917407656243\u200b", "+917407656243"),
        ("+91 74076\u201156243", "+917407656243"),
        ("+91\u201374076\u2014562\u00ad43", "+917407656243"),
        ("+91\u221274076\u221256243", "+917407656243"),
        ("91\x1c7407656243", None),
        # Full width and other compatible forms, but no other digits.
        ("\uff0b\uff19\uff11\uff17\uff14\uff10\uff17\uff16\uff15\uff16\uff12\uff14\uff13", "+917407656243"),
        ("\uff0b91\uff0d\uff0874076\uff0956243", "+917407656243"),
        # One scheme in front.
        ("tel:+91-7407656243", "+917407656243"),
        ("Tel: 917407656243", "+917407656243"),
        ("WHATSAPP:+917407656243", "+917407656243"),
        ("tel:tel:917407656243", None),
        ("whatsapp:tel:917407656243", None),
        ("sip:917407656243", None),
        ("917407656243tel:", None),
        # A trunk zero in brackets.
        ("+44 (0)20 7946 0958", "+442079460958"),
        ("+44(0)2079460958", "+442079460958"),
        ("0044 (0) 20 7946 0958", "+442079460958"),
        ("+(44)(0)20 7946 0958", "+442079460958"),
        ("(+44) (0)20 7946 0958", "+442079460958"),
        ("+[44](0)2079460958", "+442079460958"),
        ("tel:+44(0)2079460958", "+442079460958"),
        ("44 (0)20 7946 0958", None),
        ("+44 20 (0)7946 0958", None),
        ("+44 (0)(0)20 7946 0958", None),
        ("+4420 (0)79460958", None),
        ("+(0)442079460958", None),
        ("+44 (00)20 7946 0958", "+44002079460958"),
        # Brackets and slashes.
        ("91/7407656243", "+917407656243"),
        ("+49 (89)/1234-567", "+49891234567"),
        # The decimals of a number that a table program wrote, and other full stops.
        ("917407656243.0", "+917407656243"),
        ("+917407656243.000", "+917407656243"),
        ("00917407656243.0", "+917407656243"),
        (" (91) 7407656243.0 ", "+917407656243"),
        ("91.7407656243.0", "+9174076562430"),
        ("917407656243.5", "+9174076562435"),
        ("917407656243.", "+917407656243"),
        ("9.17407656243E11", None),
        ("917407656243x0", None),
        ("+91 74076 56243 ext 5", None),
        ("anonymous", None),
        ("", None),
        (None, None),
    ],
)
def test_a_phone_number_is_read_as_e164_or_not_at_all(number: str | None, expected: str | None) -> None:
    assert e164(number) == expected


@pytest.mark.parametrize(
    ("number", "region", "expected"),
    [
        ("7407656243", "IN", "+917407656243"),
        ("07407656243", "IN", "+917407656243"),
        ("917407656243", "IN", "+917407656243"),
        ("tel:074076\u00a056243", "IN", "+917407656243"),
        ("\uff17\uff14\uff10\uff17\uff16\uff15\uff16\uff12\uff14\uff13.0", "IN", "+917407656243"),
        ("442079460958", "IN", "+442079460958"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("(212) 555-0123", "US", "+12125550123"),
        ("12345678", "IN", None),
        ("1234567890123456", "IN", None),
        ("anonymous", "IN", None),
        ("", "IN", None),
        (None, "IN", None),
        # With + or 00 the region has no say, and the number need not be valid.
        ("+12345678", "IN", "+12345678"),
        ("0012345678", "IN", "+12345678"),
        ("+07407656243", "IN", None),
        ("44 (0)20 7946 0958", "GB", None),
    ],
)
def test_a_default_region_reads_national_numbers(number: str | None, region: str, expected: str | None) -> None:
    assert e164(number, region) == expected


@pytest.mark.parametrize(
    ("direction", "expected"),
    [
        ("inbound", True),
        ("InBound", True),
        ("outbound", False),
        (" inbound", False),
        ("\u0130nbound", False),
        (None, False),
    ],
)
def test_a_direction_is_inbound_in_any_case(direction: str | None, expected: bool) -> None:
    assert is_inbound(direction) is expected


@pytest.mark.parametrize(
    ("direction", "from_number", "to_number", "expected"),
    [
        ("outbound", "918035736461", "917407656243", "+917407656243"),
        (None, "918035736461", "917407656243", "+917407656243"),
        ("INBOUND", "918035736461", "917407656243", "+918035736461"),
        ("inbound", None, "917407656243", None),
        ("outbound", "918035736461", " ", None),
        ("outbound", "918035736461", " *99# ", " *99# "),
    ],
)
def test_the_contact_is_the_other_party(
    direction: str | None, from_number: str | None, to_number: str | None, expected: str | None
) -> None:
    assert contact_number(direction, from_number, to_number) == expected


def test_a_contact_of_the_region_is_one_however_its_number_is_written() -> None:
    written = ("07407656243", "7407656243", "+91 74076 56243", "00917407656243", "917407656243.0")
    assert {contact_number("outbound", None, number, "IN") for number in written} == {"+917407656243"}


def test_regions_are_known() -> None:
    assert is_region("IN")
    assert not is_region("in")
    assert not is_region("XX")
    assert not is_region("")


@given(st.lists(st.sampled_from(PIECES), max_size=9).map("".join) | st.text(max_size=20))
@pytest.mark.parametrize("region", [None, "IN", "US"])
def test_any_number_is_read_step_by_step(region: str | None, number: str) -> None:
    assert e164(number, region) == expected_e164(number, region)


@given(st.lists(st.sampled_from(PIECES), max_size=9).map("".join) | st.text(max_size=20))
def test_what_is_read_is_read_alike_again(number: str) -> None:
    found = e164(number)
    assert found is None or e164(found) == found
