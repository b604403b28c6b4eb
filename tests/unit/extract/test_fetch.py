import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from dialflo_pipeline.api.client import ApiResponse
from dialflo_pipeline.api.request import TaskFetch
from dialflo_pipeline.core.classify import Classification
from dialflo_pipeline.core.schema import Result
from dialflo_pipeline.extract.circuit_breaker import CircuitBreaker, StopReason
from dialflo_pipeline.extract.fetch import Fetch, FetchReport

SENT = datetime(2024, 5, 1, tzinfo=UTC)

# One letter for what an asking ended in: result and status.
ENDINGS = {
    "u": (Result.USABLE, 200),
    "e": (Result.EMPTY, 200),
    "g": (Result.MALFORMED, 200),
    "5": (Result.RETRYABLE, 503),
    "t": (Result.RETRYABLE, None),
    "1": (Result.UNAUTHORIZED, 401),
    "3": (Result.REFUSED, 403),
    "0": (Result.REFUSED, 400),
    "4": (Result.NOT_FOUND, 404),
}


def _end(asking: TaskFetch, ending: str) -> TaskFetch:
    result, status = ENDINGS[ending]
    tried = asking.add(
        SENT, Classification(result, error=f"ended {ending}"), ApiResponse(status or 0, b"", 0, "", None)
    )
    asking.tries[-1] = replace(tried, status=status)
    return asking


@pytest.mark.parametrize(
    ("endings", "counting", "stopping", "reason"),
    [
        ("", "", "", None),
        ("ue4g5t0", "ue4g5t0", "", None),
        # The token: one 401, or only 403 among the first five answers.
        ("1", "", "1", StopReason.TOKEN_REFUSED),
        ("uu1", "uu", "1", StopReason.TOKEN_REFUSED),
        ("ttg1", "ttg", "1", StopReason.TOKEN_REFUSED),
        ("u331", "u33", "1", StopReason.TOKEN_REFUSED),
        ("331", "", "331", StopReason.TOKEN_REFUSED),
        ("33333", "", "33333", StopReason.TOKEN_REFUSED),
        ("t33t333", "tt", "33333", StopReason.TOKEN_REFUSED),
        ("333", "333", "", None),
        ("3333", "3333", "", None),
        ("3333u3", "3333u3", "", None),
        ("33334", "33334", "", None),
        ("33335", "33335", "", None),
        ("3333g3", "3333g3", "", None),
        ("u333333", "u333333", "", None),
        ("533333", "533333", "", None),
        ("uu3uu", "uu3uu", "", None),
        # The API: twenty in trouble or garbage, nothing else between them.
        ("t" * 20, "", "t" * 20, StopReason.API_DOWN),
        ("t5g" * 6 + "t5", "", "t5g" * 6 + "t5", StopReason.API_DOWN),
        ("u" + "5" * 20, "u", "5" * 20, StopReason.API_DOWN),
        ("33" + "t" * 20, "", "33" + "t" * 20, StopReason.API_DOWN),
        ("t" * 19, "t" * 19, "", None),
        *((f"{'t' * 19}{good}{'g' * 19}", f"{'t' * 19}{good}{'g' * 19}", "", None) for good in "ue4"),
        ("t" * 19 + "u" + "t" * 20, "t" * 19 + "u", "t" * 20, StopReason.API_DOWN),
    ],
)
def test_the_rules_tell_what_counts_and_what_stops_a_run(
    endings: str, counting: str, stopping: str, reason: StopReason | None
) -> None:
    rules, counted, found = CircuitBreaker(), "", None
    letters = {}
    for ending in endings:
        assert found is None
        asking = _end(TaskFetch("task"), ending)
        letters[asking.asking_id] = ending
        now, found = rules.take(asking)
        counted += "".join(letters[one.asking_id] for one in now)
    held = "".join(letters[one.asking_id] for one in rules.release())
    assert found is reason
    assert rules.release() == []
    if reason:
        assert (sorted(counted), held) == (sorted(counting), stopping)
    else:
        assert sorted(counted + held) == sorted(counting)


@dataclass
class Kept:
    """Records, in memory."""

    rows: list[tuple[str, str | None, bool]] = field(default_factory=list)

    def add(self, asking: TaskFetch, stopped_run: bool) -> None:
        self.rows.append((asking.task_id, asking.tries[-1].verdict.error, stopped_run))

    async def room(self) -> None:
        await asyncio.sleep(0)


@dataclass
class Scripted:
    """Asks by a function of the id that gives how the asking ends."""

    script: Callable[[str], Awaitable[str]]
    asked: list[str] = field(default_factory=list)
    under_way: int = 0
    most_under_way: int = 0

    async def ask(self, asking: TaskFetch) -> None:
        self.asked.append(asking.task_id)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        asking.sent_at = SENT
        try:
            _end(asking, await self.script(asking.task_id))
        finally:
            self.under_way -= 1


def _fetch(
    ids: Sequence[str], asker: Scripted, kept: Kept, concurrency: int = 4
) -> tuple[FetchReport, list[tuple[int, int]]]:
    progress: list[tuple[int, int]] = []

    def note(report: FetchReport) -> None:
        progress.append((report.asked, report.wanted))

    report = asyncio.run(Fetch(ids, asker, kept, concurrency, note).run())
    return report, progress


async def _usable(_task_id: str) -> str:
    await asyncio.sleep(0)
    return "u"


def test_each_id_is_asked_once_and_progress_is_told_for_each() -> None:
    ids = [f"id-{number}" for number in range(30)]
    asker, kept = Scripted(_usable), Kept()
    report, progress = _fetch(ids, asker, kept)
    assert sorted(asker.asked) == sorted(ids)
    assert sorted(kept.rows) == sorted((task_id, "ended u", False) for task_id in ids)
    assert progress == [(number, 30) for number in range(1, 31)]
    assert (report.results, report.errors, report.stopped) == ({Result.USABLE: 30}, {}, None)


@pytest.mark.parametrize(("concurrency", "most"), [(1, 1), (7, 7), (100, 30)])
def test_no_more_are_asked_at_once_than_allowed(concurrency: int, most: int) -> None:
    asker = Scripted(_usable)
    _fetch([f"id-{number}" for number in range(30)], asker, Kept(), concurrency)
    assert asker.most_under_way == most


def test_no_ids_need_no_asking() -> None:
    report, progress = _fetch([], Scripted(_usable), Kept())
    assert (report.asked, report.stopped, progress) == (0, None, [])


def test_the_report_says_why_ids_gave_nothing_to_use() -> None:
    async def by_name(task_id: str) -> str:
        return task_id[0]

    report, _ = _fetch(["u1", "e1", "41", "01", "t1", "g1"], Scripted(by_name), Kept(), concurrency=1)
    assert report.results.total() == 6
    assert report.errors == {f"{letter}1": f"ended {letter}" for letter in "e40tg"}


@pytest.mark.parametrize("also", ["u", "e", "5"])
def test_what_ends_in_the_same_instant_as_a_refused_token_does_not_undo_the_stop(also: str) -> None:
    async def main() -> tuple[FetchReport, list[str]]:
        go = asyncio.Event()

        async def together(task_id: str) -> str:
            if task_id in ("first", "second"):
                await go.wait()
            return {"first": "1", "second": also}.get(task_id, "u")

        asker = Scripted(together)
        fetch = asyncio.create_task(Fetch(["first", "second", "later"], asker, kept, 2, lambda _: None).run())
        while len(asker.asked) < 2:
            await asyncio.sleep(0)
        go.set()
        return await fetch, asker.asked

    kept = Kept()
    report, asked = asyncio.run(main())
    assert report.stopped is StopReason.TOKEN_REFUSED
    assert asked == ["first", "second"]
    assert sorted(kept.rows) == [("first", "ended 1", True), ("second", f"ended {also}", also != "u")]
    assert report.results == ({Result.USABLE: 1} if also == "u" else {})


def test_cancelling_keeps_what_ended_and_marks_what_was_under_way() -> None:
    async def main() -> None:
        async def slow_at_last(task_id: str) -> str:
            if task_id.startswith("slow"):
                await asyncio.sleep(3_600)
            return task_id[0]

        asker = Scripted(slow_at_last)
        fetch = asyncio.create_task(Fetch(["u1", "t1", "slow1", "slow2", "u2"], asker, kept, 2, lambda _: None).run())
        while asker.under_way < 2:
            await asyncio.sleep(0)
        fetch.cancel()
        with pytest.raises(asyncio.CancelledError):
            await fetch

    kept = Kept()
    asyncio.run(main())
    assert sorted(kept.rows) == [
        ("slow1", "the run was stopped", True),
        ("slow2", "the run was stopped", True),
        ("t1", "ended t", False),
        ("u1", "ended u", False),
    ]
