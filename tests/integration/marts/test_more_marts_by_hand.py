"""What each clause of the later marts' definitions means, one small campaign each."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dialflo_pipeline.marts.input_tables import utc_offsets
from dialflo_pipeline.marts.seeds import Word

Row = dict[str, Any]
MakeCall = Callable[..., Row]
Build = Callable[..., Path]
Read = Callable[..., list[Row]]

DAY = date(2024, 5, 1)
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
MARTS = (
    *("agent_daily", "attempts_to_answer", "best_time_to_call", "call_outcomes", "caller_id_health", "contacts"),
    *("conversion_funnel", "next_actions", "unmapped_values"),
)


def days_on(number: int) -> date:
    return DAY + timedelta(days=number)


def test_without_calls_there_are_no_rows(build: Build, read: Read) -> None:
    path = build([])
    assert [row for mart in MARTS for row in read(path, f"FROM marts.{mart}")] == []


def test_one_call_alone_fills_every_mart(make_call: MakeCall, build: Build, read: Read) -> None:
    path = build([make_call(call_status="ANSWERED", next_action="new", occurred_at=NOON, call_duration_seconds=90.0)])
    for mart in MARTS:
        (row,) = read(path, f"FROM marts.{mart}")
        assert all(0 <= value <= 1 for name, value in row.items() if name.endswith(("_rate", "share")) and value)
    assert read(path, "SELECT answer_rate, rho, weight, shrunk_rate FROM marts.best_time_to_call") == [
        {"answer_rate": 1.0, "rho": 0.0, "weight": 0.0, "shrunk_rate": 1.0}
    ]
    assert read(path, "SELECT answer_rate_change_7d FROM marts.agent_daily") == [{"answer_rate_change_7d": None}]


def test_calls_that_do_not_count_as_dialled_leave_rates_empty(make_call: MakeCall, build: Build, read: Read) -> None:
    calls = [
        make_call(task_id="a", call_direction="inbound"),
        make_call(task_id="b", outcome="cancelled"),
        make_call(task_id="c", outcome="in_progress"),
    ]
    path = build(calls)
    (row,) = read(path, "FROM marts.agent_daily")
    assert (row["calls"], row["inbound_calls"], row["answered_inbound_calls"], row["contacts"]) == (0, 1, 1, 0)
    assert {row[name] for name in row if "rate" in name} == {None}
    assert row["talk_minutes"] == 0
    assert read(path, "SELECT sum(calls)::INT AS n FROM marts.call_outcomes") == [{"n": 3}]
    for mart in ("attempts_to_answer", "best_time_to_call", "caller_id_health", "conversion_funnel"):
        assert read(path, f"FROM marts.{mart}") == []
    assert read(path, "SELECT calls, attempts, inbound_calls, is_reached FROM marts.contacts") == [
        {"calls": 1, "attempts": 0, "inbound_calls": 1, "is_reached": True}
    ]


def test_trailing_days_pass_over_days_without_calls(make_call: MakeCall, build: Build, read: Read) -> None:
    answered = {0: False, 1: True, 6: True, 7: False, 13: True, 14: False, 40: True}
    calls = [
        make_call(task_id=f"{n}", call_date=days_on(n), outcome="answered" if reached else "busy")
        for n, reached in answered.items()
    ]
    rows = read(build(calls), "FROM marts.agent_daily")
    told = {
        (row["call_date"] - DAY).days: (
            *(row["calls_7d"], row["answered_calls_7d"], row["calls_prior_7d"], row["answered_calls_prior_7d"]),
            row["answer_rate_change_7d"],
        )
        for row in rows
    }
    assert told == {
        0: (1, 0, 0, 0, None),
        1: (2, 1, 0, 0, None),
        6: (3, 2, 0, 0, None),
        7: (3, 2, 1, 0, pytest.approx(2 / 3)),
        13: (2, 1, 3, 2, pytest.approx(1 / 2 - 2 / 3)),
        14: (2, 1, 3, 2, pytest.approx(1 / 2 - 2 / 3)),
        40: (1, 1, 0, 0, None),
    }


def test_a_renamed_agent_is_another_one_but_its_contacts_are_the_same(
    make_call: MakeCall, build: Build, read: Read
) -> None:
    calls = [
        make_call(task_id=f"{n}", agent_id="7", agent_name=name, outcome="busy", occurred_at=NOON + timedelta(hours=n))
        for n, name in enumerate(["Zoe", "Asha", None, "Asha"])
    ]
    path = build(calls)
    assert read(path, "SELECT agents, agent_names, last_agent_name, attempts FROM marts.contacts") == [
        {"agents": 3, "agent_names": ["Asha", "Zoe"], "last_agent_name": "Asha", "attempts": 4}
    ]
    tries = read(path, "SELECT agent_name, max(attempt_number) AS n FROM marts.attempts_to_answer GROUP BY ALL")
    assert {row["agent_name"]: row["n"] for row in tries} == {"Asha": 2, "Zoe": 1, None: 1}


def test_of_calls_at_one_time_the_latest_is_that_of_the_greatest_task_and_place(
    make_call: MakeCall, build: Build, read: Read
) -> None:
    calls = [
        make_call(task_id="b", call_index=0, next_action="first", interest_status="Hot"),
        make_call(task_id="b", call_index=10, outcome="busy", next_action=" \t"),
        make_call(task_id="b", call_index=9, next_action="second"),
        make_call(task_id="a", call_index=11, next_action="none of it", interest_status="Cold"),
        make_call(task_id="B", call_index=12, next_action="none of it"),
    ]
    path = build([{**call, "occurred_at": NOON} for call in calls])
    assert read(
        path, "SELECT last_outcome, latest_next_action, latest_interest, best_interested FROM marts.contacts"
    ) == [{"last_outcome": "busy", "latest_next_action": "second", "latest_interest": "Hot", "best_interested": "yes"}]


def test_tries_end_with_the_first_that_is_answered(make_call: MakeCall, build: Build, read: Read) -> None:
    outcomes = {"+911": "b", "+912": "bba", "+913": "ab", "+914": "bb", "+915": "bab"}
    calls = [
        make_call(
            task_id=f"{number} {place}",
            contact_number=number,
            outcome={"a": "answered", "b": "busy"}[letter],
            occurred_at=NOON + timedelta(hours=place),
        )
        for number, letters in outcomes.items()
        for place, letter in enumerate(letters)
    ]
    rows = read(build(calls), "FROM marts.attempts_to_answer")
    names = ("contacts", "tried_contacts", "reached_contacts", "given_up_contacts", "cumulative_calls")
    assert [tuple(row[name] for name in names) for row in rows] == [(5, 5, 1, 1, 5), (5, 3, 1, 1, 8), (5, 1, 1, 0, 9)]
    assert [row["cumulative_reach"] for row in rows] == [pytest.approx(n / 5) for n in (1, 2, 3)]
    assert [row["calls_per_reach"] for row in rows] == [5.0, 3.0, 1.0]


def test_hours_are_those_of_the_zone_on_both_sides_of_a_change(make_call: MakeCall, build: Build, read: Read) -> None:
    change = datetime(2024, 10, 27, 1, tzinfo=UTC)  # clocks in Berlin go from 03:00 back to 02:00
    moments = [change - timedelta(hours=1, microseconds=1), change - timedelta(microseconds=1), change]
    moments += [change + timedelta(hours=1), change + timedelta(hours=23), datetime(1969, 12, 31, 23, 30, tzinfo=UTC)]
    calls = [make_call(task_id=f"{n}", occurred_at=moment) for n, moment in enumerate(moments)]
    calls.append(make_call(task_id="unknown time"))
    rows = read(build(calls, "Europe/Berlin"), "FROM marts.best_time_to_call")
    assert {(row["weekday"], row["hour"]): row["calls"] for row in rows} == {
        (7, 1): 1,
        (7, 2): 2,
        (7, 3): 1,
        (1, 1): 1,
        (4, 0): 1,
    }


def test_an_offset_that_changes_within_an_hour_of_utc_is_found_to_the_second() -> None:
    lord_howe, new_york = ZoneInfo("Australia/Lord_Howe"), ZoneInfo("America/New_York")
    assert list(utc_offsets(date(2024, 4, 6), lord_howe)) == [(0, 39_600), (15 * 3600, 37_800)]
    assert list(utc_offsets(date(1883, 11, 18), new_york)) == [(0, -17_762), (17 * 3600, -18_000)]
    assert list(utc_offsets(date(1972, 1, 7), ZoneInfo("Africa/Monrovia"))) == [(0, -2_670), (2_670, 0)]
    assert list(utc_offsets(date.max, new_york)) == [(0, -18_000)]
    assert next(utc_offsets(date.min, ZoneInfo("Asia/Kolkata")))[0] == 0


def test_cells_that_differ_no_more_than_chance_are_shrunk_to_the_mean(
    make_call: MakeCall, build: Build, read: Read
) -> None:
    def cell(hour: int, calls: int, answered: int) -> list[Row]:
        return [
            make_call(
                task_id=f"{hour} {n}",
                outcome="answered" if n < answered else "busy",
                occurred_at=NOON.replace(hour=hour),
            )
            for n in range(calls)
        ]

    alike = read(build([*cell(9, 40, 10), *cell(10, 29, 7)]), "FROM marts.best_time_to_call ORDER BY hour")
    assert [(row["rho"], row["shrunk_rate"], row["is_too_small"]) for row in alike] == [
        (0.0, pytest.approx(17 / 69), False),
        (0.0, pytest.approx(17 / 69), True),
    ]
    apart = read(build([*cell(9, 40, 30), *cell(10, 40, 12), *cell(11, 1, 1)]), "FROM marts.best_time_to_call")
    by_hour = {row["hour"]: row for row in apart}
    assert 0.5 < by_hour[9]["weight"] < 1
    assert by_hour[11]["weight"] < by_hour[9]["weight"]
    assert by_hour[11]["agent_answer_rate"] < by_hour[11]["shrunk_rate"] < 1
    # From the formula by hand: N = 81, X = 43, K = 3.
    mean = 43 / 81
    spread = 40 * (0.75 - mean) ** 2 + 40 * (0.3 - mean) ** 2 + (1 - mean) ** 2
    rho = (spread / (mean * (1 - mean)) - 2) / (81 - (1600 + 1600 + 1) / 81 - 2)
    assert by_hour[11]["rho"] == pytest.approx(min(1, rho), abs=1e-12)


def number_calls(make_call: MakeCall, number: str | None, day: int, calls: int, answered: int) -> list[Row]:
    return [
        make_call(
            task_id=f"{number} {day} {n}",
            call_date=days_on(day),
            from_number_e164=number,
            outcome="answered" if n < answered else "no_answer",
        )
        for n in range(calls)
    ]


FLAGS = [
    # The number's calls in the week before, and in this one; its peers' in this one: calls, answered.
    ((100, 50), (100, 20), (100, 50), "below_both"),
    ((100, 50), (100, 20), (100, 20), "below_baseline"),
    ((100, 20), (100, 20), (100, 50), "below_peers"),
    ((100, 50), (100, 50), (100, 50), "ok"),
    ((29, 29), (100, 20), (100, 20), "ok"),
    ((29, 29), (100, 20), (29, 29), "too_few_calls"),
    ((100, 90), (29, 0), (100, 90), "too_few_calls"),
    # Far beyond chance, but not by a fifth; then by exactly a fifth.
    ((1500, 1000), (1500, 801), (0, 0), "ok"),
    ((1500, 1000), (1500, 800), (0, 0), "below_baseline"),
    # By exactly a fifth too, though not in floating point.
    ((1500, 870), (1500, 696), (0, 0), "below_baseline"),
    # By more than a fifth, but not beyond chance.
    ((30, 15), (30, 9), (0, 0), "ok"),
]


def test_a_number_is_flagged_when_it_falls_beyond_chance_and_by_a_fifth(
    make_call: MakeCall, build: Build, read: Read
) -> None:
    calls = []
    for place, (before, now, peers, _) in enumerate(FLAGS):
        number, start = f"+441111111{place:02}", place * 100
        calls += number_calls(make_call, number, start, *before)
        calls += number_calls(make_call, number, start + 7, *now)
        calls += number_calls(make_call, "+4422222222", start + 1, *peers)
        calls += number_calls(make_call, None, start + 2, 40, 40)
    rows = read(build(calls), "FROM marts.caller_id_health")
    found = {row["from_number_e164"]: row["flag"] for row in sorted(rows, key=lambda row: row["call_date"])}
    assert [found[f"+441111111{place:02}"] for place in range(len(FLAGS))] == [flag for *_, flag in FLAGS]


def test_calls_from_no_readable_number_are_counted_but_never_flagged(
    make_call: MakeCall, build: Build, read: Read
) -> None:
    calls = [
        *number_calls(make_call, None, 0, 50, 50),
        *number_calls(make_call, None, 7, 50, 0),
        *number_calls(make_call, "+4422222222", 7, 50, 50),
    ]
    rows = read(build(calls), "FROM marts.caller_id_health WHERE from_number_e164 IS NULL ORDER BY call_date")
    assert [(row["calls"], row["flag"], row["peer_calls_7d"]) for row in rows] == [
        (50, "too_few_calls", 0),
        (50, "too_few_calls", 0),
    ]


def test_calls_without_an_action_mean_none_even_beside_one_that_sent_that_text(
    make_call: MakeCall, build: Build, read: Read
) -> None:
    calls = [
        *(make_call(task_id=f"{n}", next_action=None) for n in range(3)),
        make_call(task_id="sent", next_action="(none)"),
        make_call(task_id="alone", next_action="(none)", agent_name="Ravi"),
    ]
    query = "SELECT agent_name, next_action, meaning, calls FROM marts.next_actions ORDER BY ALL"
    assert [tuple(row.values()) for row in read(build(calls), query)] == [
        ("Asha", "(none)", "none", 4),
        ("Ravi", "(none)", "unknown", 1),
    ]


def test_each_step_of_the_funnel_counts_calls_of_the_step_before(make_call: MakeCall, build: Build, read: Read) -> None:
    steps: list[Row] = [
        {"outcome": "busy", "call_duration_seconds": 60.0, "interest_status": "Hot", "next_action": "CONVERT"},
        {"call_duration_seconds": 29.9, "interest_status": "Hot", "next_action": "CONVERT"},
        {"call_duration_seconds": None, "interest_status": "Hot", "next_action": "CONVERT"},
        {"call_duration_seconds": 30.0, "interest_status": "Cold", "next_action": "CONVERT"},
        {"call_duration_seconds": 30.0, "interest_status": "Hot", "next_action": "redial"},
        {"call_duration_seconds": 30.0, "interest_status": "Hot", "next_action": " "},
        {"call_duration_seconds": 30.0, "interest_status": " hot ", "next_action": "of our own"},
        {"call_duration_seconds": 30.0, "interest_status": "HOT", "next_action": "Converted"},
    ]
    path = build([make_call(task_id=f"{n}", **values) for n, values in enumerate(steps)])
    (row,) = read(path, "FROM marts.conversion_funnel")
    assert [
        row[f"{step}_calls"] for step in ("dialled", "answered", "engaged", "interested", "action", "converted")
    ] == [*(8, 7, 5, 4, 2, 1)]
    assert (row["campaign"], row["converted_rate"], row["converted_per_dialled"]) == ("(none)", 0.5, 1 / 8)


def test_the_campaign_is_the_filled_value_of_the_chosen_key(make_call: MakeCall, build: Build, read: Read) -> None:
    calls = [make_call(task_id="t", call_index=n) for n in range(4)]
    place = {"task_id": "t", "call_date": DAY, "agent_name": "Asha", "value_type": "string"}
    context = [
        {**place, "call_index": 0, "key": "Batch", "value": " May", "is_filled": True},
        {**place, "call_index": 1, "key": "Batch", "value": " ", "is_filled": False},
        {**place, "call_index": 2, "key": "batch", "value": "June", "is_filled": True},
    ]
    for key, expected in (("Batch", {" May": 1, "(none)": 3}), (None, {"(none)": 4}), ("else", {"(none)": 4})):
        rows = read(build(calls, context=context, campaign_key=key), "FROM marts.conversion_funnel")
        assert {row["campaign"]: row["dialled_calls"] for row in rows} == expected


def test_own_words_change_what_marts_count(make_call: MakeCall, build: Build, read: Read) -> None:
    words = (
        Word("status", "VOICEMAIL", "no_answer", False),
        Word("interest", "NAH", "no", True),
        Word("action", "RING ME", "redial", False),
    )
    calls = [
        make_call(task_id="1", call_status="Voicemail", outcome="unknown", interest_status="nah "),
        make_call(task_id="2", call_status="ANSWERED", next_action="ring me", contact_number="+912"),
        make_call(task_id="3", call_status="robot", outcome="unknown", interest_status="?", next_action="?"),
    ]
    path = build(calls, words=words)
    assert read(path, "SELECT kind, value, calls FROM marts.unmapped_values") == [
        {"kind": "action", "value": "?", "calls": 1},
        {"kind": "interest", "value": "?", "calls": 1},
        {"kind": "status", "value": "robot", "calls": 1},
    ]
    outcomes = read(path, "SELECT call_status, outcome FROM marts.call_outcomes")
    assert {row["call_status"]: row["outcome"] for row in outcomes} == {
        "Voicemail": "no_answer",
        "ANSWERED": "answered",
        "robot": "unknown",
    }
    assert read(path, "SELECT contact_number FROM marts.redial_backlog WHERE reason = 'requested'") == [
        {"contact_number": "+912"}
    ]
    assert read(path, "SELECT stop_word FROM marts.contacts ORDER BY contact_number DESC") == [
        {"stop_word": "nah "},
        {"stop_word": None},
    ]


def test_calls_over_midnight_count_for_the_day_of_their_task(make_call: MakeCall, build: Build, read: Read) -> None:
    calls = [make_call(occurred_at=datetime(2024, 5, 1, 23, 59, tzinfo=UTC), ended_at=NOON + timedelta(hours=13))]
    path = build(calls, "Asia/Kolkata")
    assert read(path, "SELECT call_date FROM marts.agent_daily") == [{"call_date": DAY}]
    assert read(path, "SELECT weekday, hour FROM marts.best_time_to_call") == [{"weekday": 4, "hour": 5}]


def test_order_of_arrival_does_not_matter(make_call: MakeCall, build: Build, read: Read) -> None:
    calls = [
        make_call(
            task_id=f"{n:03}",
            call_date=days_on(n % 9),
            agent_name=f"{n % 3}",
            contact_number=f"+91{n % 17}",
            occurred_at=NOON + timedelta(hours=n % 5),
            outcome=("answered", "busy", "failed")[n % 3],
            call_duration_seconds=n / 7,
            interest_status=("Hot", "new", None)[n % 3],
        )
        for n in range(150)
    ]
    first, second = build(calls), build(reversed(calls))
    for mart in MARTS:
        assert read(first, f"FROM marts.{mart}") == read(second, f"FROM marts.{mart}")
