"""Every mart of made-up campaigns, compared row for row with the oracle's.

Many campaigns share one warehouse: each has agents and numbers of its own, beside calls without any.
"""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dialflo_pipeline.core.seeds import read_words
from tests.integration.marts import campaigns_of_outcomes, campaigns_of_sequels
from tests.integration.marts.callback_texts import DAY, NOT_UNDERSTOOD, TEXTS, Meaning
from tests.support.oracle.call_facts import Facts
from tests.support.oracle.figures import rate
from tests.support.oracle.marts import MODULES, mart_rows
from tests.support.oracle.settings import Rules
from tests.support.warehouse_rows import differing_rows, read_with_time

Row = dict[str, Any]
Tables = dict[str, list[Row]]
MakeCall = Callable[..., Row]
Build = Callable[..., Path]

BLANK = " \t\n\r\v\f"
# Each with a day whose midnight is missing (Sao Paulo, Beirut), there twice (Havana), or missing with its day (Apia).
ZONES_AND_DAYS = [
    ("UTC", date(2024, 2, 28)),
    ("Asia/Kolkata", date(2024, 2, 28)),
    ("America/Sao_Paulo", date(2018, 11, 3)),
    ("Asia/Beirut", date(2022, 3, 26)),
    ("America/Havana", date(2023, 11, 4)),
    ("Pacific/Apia", date(2011, 12, 29)),
]
ACTIONS = [
    None,
    "",
    BLANK,
    "REDIAL",
    " redial\n",
    "\vReDial\f",
    "red\u0131al",
    "\u00a0REDIAL",
    "REDIAL later",
    "Wrong_Number",
    "SEND_FORM",
]
DIRECTIONS = [None, "outbound", "inbound", "INBOUND", "\u0130NBOUND", "inbound "]
OUTCOMES = ["answered", "no_answer", "busy", "machine", "failed", "cancelled", "in_progress", "unknown"]
STATUSES = ["do not call\n", None, "", " \v", "\u00a0", "(none)", "Interested", "interested", "Unclear"]


@st.composite
def campaigns(draw: st.DrawFn) -> tuple[str, list[Row]]:
    """A zone and calls: few contacts, agents and times, so that ties and long runs are common."""
    zone, first_day = draw(st.sampled_from(ZONES_AND_DAYS))
    midnight = datetime.combine(first_day, time(), UTC)
    call = st.fixed_dictionaries(
        {
            "agent_name": st.sampled_from(["Asha", "ravi", "", None]),
            "contact_number": st.sampled_from(["+911234567890", "12", None]),
            "outcome": st.sampled_from([*OUTCOMES, "answered", "no_answer", "no_answer"]),
            "call_direction": st.sampled_from(DIRECTIONS),
            "next_action": st.sampled_from(ACTIONS),
            "next_action_reason": st.sampled_from([None, "asked", "later"]),
            "occurred_at": st.none() | st.integers(-2, 10).map(lambda n: midnight + timedelta(hours=n * 12)),
            "call_duration_seconds": st.none() | st.floats(0, 4000),
            "from_number_e164": st.sampled_from(["+4411", "+4422", None]),
            "interest_status": st.sampled_from(STATUSES),
            "interest_confidence": st.none() | st.floats(0, 1),
        }
    )
    ids = draw(st.lists(st.text("aBZ_9-", min_size=1, max_size=3), unique=True, max_size=12))
    calls = []
    for task_id in ids:
        day = first_day + timedelta(days=draw(st.integers(0, 4)))
        for index, values in enumerate(draw(st.lists(call, min_size=1, max_size=4))):
            calls.append({"task_id": task_id, "call_index": index, "call_date": day, **values})
    return zone, calls


@settings(max_examples=15, phases=(Phase.generate,), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    campaign=campaigns(),
    max_attempts=st.integers(1, 4),
    gap=st.sampled_from([0, 30, 0.0001, 1e6, 5e6]),
    max_age=st.sampled_from([None, 0.5, 3660]),
)
def test_every_mart_of_a_small_campaign_equals_that_of_the_oracle(
    campaign: tuple[str, list[Row]],
    max_attempts: int,
    gap: float,
    max_age: float | None,
    make_call: MakeCall,
    build: Build,
) -> None:
    zone, values = campaign
    rules = Rules(zone, redial_max_attempts=max_attempts, redial_min_gap_minutes=gap, redial_max_age_days=max_age)
    compare(build, rules, calls=[make_call(**call) for call in values])


def check_outcomes(seed: int, campaigns: int, make_call: MakeCall, build: Build, folder: Path) -> None:
    chance = random.Random(seed)  # noqa: S311 - made-up calls, no secret
    source = campaigns_of_outcomes
    zone, first_day = source.ZONES_AND_DAYS[seed % len(source.ZONES_AND_DAYS)]
    calls = [make_call(**call) for n in range(campaigns) for call in source.campaign(chance, f"{n:07}", first_day)]
    context = list(source.contexts(chance, calls))
    key, engaged = chance.choice((None, "campaign", "campaign", "nothing")), chance.choice((30, 61.5, 0))
    chance.shuffle(calls)
    rules = Rules(zone, engaged_seconds=engaged, campaign_key=key, seeds=source.OWN_WORDS)
    found = compare(build, rules, folder, calls=calls, call_context=context)
    for name in MODULES:
        check_bounds_contain_rates(found[name])
    check_sums_of_calls(found)


def check_sequels(seed: int, campaigns: int, make_call: MakeCall, build: Build) -> None:
    chance = random.Random(seed)  # noqa: S311 - made-up calls, no secret
    source = campaigns_of_sequels
    zone, first_day = source.ZONES_AND_DAYS[seed % len(source.ZONES_AND_DAYS)]
    calls = [make_call(**call) for n in range(campaigns) for call in source.campaign(chance, f"{n:07}", first_day)]
    calls = list({(call["task_id"], call["call_index"]): call for call in calls}.values())
    metadata = list(source.metadata_of(chance, calls, max(call["call_date"] for call in calls)))
    tasks = list(source.tasks_of(chance, sorted({call["call_date"] for call in calls})))
    chance.shuffle(calls)
    found = compare(build, Rules(zone, callback_tolerance_minutes=45), calls=calls, call_metadata=metadata, tasks=tasks)
    check_sums_of_rows(found)
    if campaigns >= 100:
        assert {row["drift"] for row in found["metadata_coverage"]} >= {"fell", "rose", "vanished", "appeared"}


def compare(build: Build, rules: Rules, folder: Path | None = None, **tables: list[Row]) -> Tables:
    """Build a warehouse of these rows; no mart may differ from the oracle's. All its tables."""
    words = _own_words(folder, rules) if folder else ()
    given = {"context": "call_context", "metadata": "call_metadata", "tasks": "tasks"}
    path = build(
        tables["calls"],
        rules.timezone,
        rules.redial_max_attempts,
        rules.redial_min_gap_minutes,
        **{name: tables.get(table, []) for name, table in given.items()},
        engaged_seconds=rules.engaged_seconds,
        campaign_key=rules.campaign_key,
        redial_max_age_days=rules.redial_max_age_days,
        callback_tolerance_minutes=rules.callback_tolerance_minutes,
        words=words,
    )
    found, now = read_with_time(path)
    facts = Facts({table: tables.get(table, []) for table in ("calls", *given.values())}, rules, now)
    differing = {name: differing_rows(name, found[name], mart_rows(name, facts)) for name in MODULES}
    assert {name: problems for name, problems in differing.items() if problems} == {}
    return found


def _own_words(folder: Path, rules: Rules) -> Any:
    for name, text in rules.seeds.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return read_words(folder)


def check_bounds_contain_rates(rows: list[Row]) -> None:
    for row in rows:
        for name in (name.removesuffix("_low") for name in row if name.endswith("_low")):
            low, share, high = row[f"{name}_low"], row[name], row[f"{name}_high"]
            assert (low is None) == (share is None) == (high is None)
            assert share is None or 0 <= low <= share <= high <= 1


def _total(rows: list[Row], column: str) -> int:
    return sum(row[column] for row in rows)


def check_sums_of_calls(found: Tables) -> None:
    """Marts that count the same calls agree."""
    calls, dialled = len(found["calls"]), _total(found["answer_rate"], "calls")
    assert _total(found["call_outcomes"], "calls") == _total(found["next_actions"], "calls") == calls
    outbound = [
        row
        for row in found["call_outcomes"]
        if row["direction"] == "outbound" and row["outcome"] not in ("cancelled", "in_progress")
    ]
    assert _total(outbound, "calls") == _total(found["agent_daily"], "calls") == dialled
    rang = [row for row in outbound if row["outcome"] in ("answered", "no_answer", "busy", "machine")]
    assert _total(found["caller_id_health"], "calls") == _total(rang, "calls") > 0
    assert _total(found["conversion_funnel"], "dialled_calls") == dialled
    for name in ("call_outcomes", "next_actions"):
        shares: dict[Any, float] = {}
        for row in found[name]:
            day = row["call_date"], row["agent_name"]
            shares[day] = shares.get(day, 0) + row["share"]
        assert all(abs(share - 1) < 1e-9 for share in shares.values())


def check_sums_of_rows(found: Tables) -> None:
    """Marts that count the rows of a table agree with it."""
    assert _total(found["metadata_coverage"], "asked_calls") == len(found["call_metadata"])
    assert _total(found["data_freshness"], "calls") <= len(found["calls"])
    assert _total(found["data_freshness"], "registered_tasks") == len(found["tasks"])


@pytest.mark.parametrize("seed", range(2))
def test_every_mart_of_many_campaigns_equals_that_of_the_oracle(
    seed: int, make_call: MakeCall, build: Build, tmp_path: Path
) -> None:
    check_outcomes(seed + 2, 60, make_call, build, tmp_path)


@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", range(24))
def test_every_mart_of_thousands_of_campaigns_equals_that_of_the_oracle(
    seed: int, make_call: MakeCall, build: Build, tmp_path: Path
) -> None:
    check_outcomes(seed + 100, 200, make_call, build, tmp_path)


@pytest.mark.parametrize("seed", range(2))
def test_what_followed_the_calls_of_many_campaigns_equals_that_of_the_oracle(
    seed: int, make_call: MakeCall, build: Build
) -> None:
    check_sequels(seed, 100, make_call, build)


@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", range(16))
def test_what_followed_the_calls_of_thousands_of_campaigns_equals_that_of_the_oracle(
    seed: int, make_call: MakeCall, build: Build
) -> None:
    check_sequels(seed + 100, 250, make_call, build)


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Europe/Berlin", "America/New_York"])
def test_the_oracle_reads_requests_to_be_called_as_worked_out_by_hand(zone: str, make_call: MakeCall) -> None:
    moments = [datetime(2024, 2, 10, 4, tzinfo=UTC) + timedelta(hours=31 * n) for n in range(40)]
    texts = [*TEXTS, *NOT_UNDERSTOOD]
    calls = [
        make_call(task_id=f"{n}", occurred_at=at, call_index=m)
        for n, at in enumerate(moments)
        for m in range(len(texts))
    ]
    metadata = [
        {"task_id": call["task_id"], "call_index": call["call_index"], "key": "call_time", "value": text}
        | {"value_type": "array" if text.startswith("[") else "string", "is_filled": True}
        for call in calls
        for text in [texts[call["call_index"]]]
    ]
    rows = mart_rows("callbacks", Facts({"calls": calls, "call_metadata": metadata}, Rules(zone), datetime.now(UTC)))
    assert len(rows) == len(calls)
    for row in rows:
        found = row["requested_at"], row["is_whole_day"], row["starts_at"], row["ends_at"]
        assert found == _by_hand(TEXTS.get(row["requested_text"]), row["called_at"], ZoneInfo(zone)), row


def _by_hand(meaning: Meaning | None, called_at: datetime, zone: ZoneInfo) -> tuple[Any, ...]:
    if meaning is None:
        return None, None, None, None
    local = meaning.moment(called_at.astimezone(zone).replace(tzinfo=None))
    at = local.replace(tzinfo=zone).astimezone(UTC) if local.tzinfo is None else local
    if not meaning.is_whole_day:
        return at, False, at - timedelta(minutes=30), at + timedelta(minutes=30)
    midnight = datetime.combine(at.astimezone(zone).date(), time())
    starts, ends = (day.replace(tzinfo=zone).astimezone(UTC) for day in (midnight, midnight + DAY))
    return at, True, starts, ends - timedelta(microseconds=1)


@pytest.mark.parametrize(("part", "low", "high"), [(0, 0.0, 0.2775), (3, 0.1078, 0.6032), (10, 0.7225, 1.0)])
def test_the_bounds_of_the_oracle_are_the_published_ones(part: int, low: float, high: float) -> None:
    bounds = rate("rate", part, 10)
    assert (bounds["rate_low"], bounds["rate_high"]) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))
