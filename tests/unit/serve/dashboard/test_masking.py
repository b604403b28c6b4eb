"""Phone numbers as the page shows them."""

from collections.abc import Callable

import pytest

from dialflo_pipeline.serve.dashboard.limits import Frames
from dialflo_pipeline.serve.dashboard.masking import distinct_masks, masked, masked_frames, only_links

FramesOf = Callable[..., Frames]


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+91 98765-43210", "•••• 10"),
        ("918888888", "•••• 88"),
        ("1234", "••••"),
        ("12345", "•••• 45"),
        ("anonymous", "••••"),
        (None, None),
    ],
)
def test_of_a_number_only_the_last_two_digits_are_shown(number: str | None, shown: str | None) -> None:
    assert masked(number) == shown


def test_numbers_that_end_alike_stay_apart() -> None:
    numbers = ["+915550000011", None, "+915550000022", "+915550001111", "+915550000011"]
    assert distinct_masks(numbers) == {
        "+915550000011": "•••• 11 (1)",
        "+915550001111": "•••• 11 (2)",
        "+915550000022": "•••• 22",
    }


def test_calls_and_caller_numbers_are_masked_and_nothing_else_is(frames_of: FramesOf) -> None:
    number = "+915550000042"
    frames = frames_of(
        numbers=[{"from_number_e164": number, "calls": 4_200_000}],
        number_flags=[{"from_number_e164": number, "flag": "below_both"}],
        calls=[{"contact_number": number, "from_number": "915550000017", "agent_name": "Asha 5550000042"}],
    )
    shown = masked_frames(frames)
    assert shown["numbers"]["from_number_e164"].to_list() == ["•••• 42"]
    assert shown["number_flags"].row(0) == ("•••• 42", None, "below_both")
    assert shown["numbers"]["calls"].to_list() == [4_200_000]
    assert shown["calls"].select("contact_number", "from_number", "agent_name").row(0) == (
        *("•••• 42", "•••• 17", "Asha 5550000042"),
    )


def test_a_recording_whose_address_tells_the_number_has_no_link(frames_of: FramesOf) -> None:
    urls = [
        "https://media.example/5550000042/a.mp3",
        "https://media.example/a.mp3?to=555-000-0042",
        "https://m.example/b",
    ]
    frames = frames_of(calls=[{"contact_number": "+915550000042", "recording_url": url} for url in urls])
    assert masked_frames(frames)["calls"]["recording_url"].to_list() == [None, None, "https://m.example/b"]
    assert only_links(frames)["calls"]["recording_url"].to_list() == urls


def test_a_campaign_that_is_a_number_is_masked(frames_of: FramesOf) -> None:
    frames = frames_of(funnel=[{"campaign": text} for text in ("+91 5550000042", "spring 2024", "(none)", None)])
    assert masked_frames(frames)["funnel"]["campaign"].to_list() == ["•••• 42", "spring 2024", "(none)", None]


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "https:", "http:// x", "ftp://a/b", "", None],
)
def test_what_is_no_address_of_the_web_is_no_link(url: str | None, frames_of: FramesOf) -> None:
    assert only_links(frames_of(calls=[{"recording_url": url}]))["calls"]["recording_url"].to_list() == [None]


def test_addresses_of_the_web_are_links_in_any_case(frames_of: FramesOf) -> None:
    frames = frames_of(calls=[{"recording_url": "HTTPS://media.example/a"}, {"recording_url": "http://10.0.0.1/b"}])
    assert only_links(frames)["calls"]["recording_url"].null_count() == 0
