"""How much the page holds."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from dialflo_pipeline.serve.dashboard.build import page
from dialflo_pipeline.serve.dashboard.encode import unpacked
from dialflo_pipeline.serve.dashboard.limits import BY_DAY, MOST, REST, Frames, within

FramesOf = Callable[..., Frames]
Large = Callable[[int, int], Frames]

DAY = date(2024, 5, 1)


def test_ninety_days_of_fifty_agents_stay_below_two_megabytes_and_lose_no_day(large_campaign: Large) -> None:
    text = page(large_campaign(90, 50), "state", unmask=False)
    assert len(text.encode()) < 2_000_000
    tables = unpacked(text.partition('type="text/plain">')[2].partition("<")[0])["tables"]
    assert len(set(tables["funnel"]["columns"]["call_date"]["at"])) == 90
    assert tables["hours"]["rows"] == 90_000


def test_what_would_be_larger_is_left_out_from_its_oldest_days_on(
    large_campaign: Large, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dialflo_pipeline.serve.dashboard.build.MOST", replace(MOST, data_bytes=20_000))
    frames = large_campaign(60, 4)
    frames |= {name: frames[name].head(10) for name in ("calls", "backlog")}
    text = page(frames, "state", unmask=True)
    data = text.partition('type="text/plain">')[2].partition("<")[0]
    days = unpacked(data)["tables"]["funnel"]["columns"]["call_date"]["at"]
    assert len(data) <= 20_000
    assert max(days) == (DAY + timedelta(days=59) - date(1970, 1, 1)).days
    assert 1 <= len(set(days)) < 60


def test_the_last_day_stays_however_much_it_holds(large_campaign: Large) -> None:
    kept = within(large_campaign(3, 3), replace(MOST, rows=1))
    assert kept["funnel"]["call_date"].unique().to_list() == [DAY + timedelta(days=2)]


def test_all_that_goes_by_day_keeps_the_same_days(large_campaign: Large) -> None:
    frames = large_campaign(10, 3)
    kept = within(frames, replace(MOST, rows=sum(frames[name].height for name in BY_DAY) // 2))
    firsts = {kept[name]["call_date"].min() for name in BY_DAY if kept[name].height}
    assert firsts == {DAY + timedelta(days=5)}


def test_rare_campaigns_count_as_one_and_nothing_is_lost(frames_of: FramesOf) -> None:
    rows = [
        {"call_date": DAY, "agent_name": None, "campaign": f"c{place}", "dialled_calls": place, "answered_calls": 1}
        for place in range(1, 6)
    ]
    zeros = dict.fromkeys(("engaged_calls", "interested_calls", "action_calls", "converted_calls"), 0)
    frames = frames_of(
        funnel=[row | zeros for row in rows],
        calls=[{"campaign": "c1"}, {"campaign": "c5"}],
        backlog=[{"campaign": "c1", "contacts": 2}, {"campaign": "c2", "contacts": 3}],
    )
    kept = within(frames, replace(MOST, values={"campaign": 2}))
    assert kept["funnel"].select("campaign", "dialled_calls", "answered_calls").rows() == [
        *((REST, 6, 3), ("c4", 4, 1), ("c5", 5, 1)),
    ]
    assert kept["calls"]["campaign"].to_list() == [REST, "c5"]
    assert kept["backlog"].select("campaign", "contacts").rows() == [(REST, 5)]


def test_rare_words_of_interest_mean_nothing_certain_together(frames_of: FramesOf) -> None:
    counts = {"a": 3, "b": 2, "c": 1}
    rows = [{"interest_status": word, "interested": "yes", "calls": calls} for word, calls in counts.items()]
    kept = within(frames_of(interest=rows), replace(MOST, values={"interest_status": 1}))
    assert kept["interest"].select("interest_status", "interested", "calls").rows() == [
        *(("a", "yes", 3), (REST, "unknown", 3)),
    ]


def test_a_large_backlog_tells_its_times_to_the_hour(large_campaign: Large) -> None:
    frames = large_campaign(1, 2)
    kept = within(frames, replace(MOST, contacts=100))["backlog"]
    assert kept["contacts"].sum() == frames["backlog"]["contacts"].sum()
    assert kept["since"].dt.minute().sum() == 0
    assert kept.height < frames["backlog"].height


def test_what_is_within_the_limits_stays_as_it_is(large_campaign: Large) -> None:
    frames = large_campaign(2, 2)
    kept = within(frames)
    assert all(kept[name].equals(frame) for name, frame in frames.items())
