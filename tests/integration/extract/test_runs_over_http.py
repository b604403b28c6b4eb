import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dialflo_pipeline.extract import raw_writer as open_raw_writer
from dialflo_pipeline.extract.circuit_breaker import StopReason
from dialflo_pipeline.extract.plan import FetchPlan, plan_ids
from dialflo_pipeline.lake.settings import LakeSettings
from tests.support.fetching import DAY

Fetch = Callable[..., Any]
Say = Callable[..., Any]

SETTINGS = LakeSettings("UTC", timedelta(hours=24))


def _ids(count: int) -> list[str]:
    return [f"id-{number:03d}" for number in range(count)]


def _never(_api: Any) -> bool:
    return False


def test_every_id_is_asked_once_and_counts_add_up(fetch: Fetch) -> None:
    ids = _ids(60)
    fetched = fetch(ids)
    assert sorted(fetched.api.asked) == ids
    assert fetched.endings == dict.fromkeys(ids, ("usable", False))
    assert fetched.progress == list(range(1, 61))
    assert {task["state"] for task in fetched.states().values()} == {"settled"}


@pytest.mark.parametrize("bound", [1, 3])
def test_no_more_requests_are_in_flight_than_allowed(fetch: Fetch, say: Say, bound: int) -> None:
    together = say(when=lambda api: api.most_in_flight >= bound)
    fetched = fetch(_ids(20), otherwise=together, max_concurrency=bound)
    assert fetched.api.most_in_flight == bound


def test_the_rate_limit_holds_for_all_together_and_for_tries_again_too(fetch: Fetch, say: Say) -> None:
    rate, ids = 100, _ids(20)
    script = {task_id: [say(503), say()] for task_id in ids[:10]}
    fetched = fetch(ids, script, rate_limit=rate, max_concurrency=8)
    moments = fetched.api.moments
    assert len(moments) == 30
    burst = 10
    # Requests may be late on a busy machine, the first one too, never early: only the time of all can be relied on.
    assert moments[-1] - fetched.api.began >= (len(moments) - burst - 1) / rate


def test_five_first_answers_with_403_mean_the_token(fetch: Fetch, say: Say) -> None:
    fetched = fetch(_ids(12), otherwise=say(403), max_concurrency=1)
    assert fetched.report.stopped is StopReason.TOKEN_REFUSED
    assert fetched.endings == dict.fromkeys(_ids(5), ("refused", True))
    assert {task["state"] for task in fetched.states().values()} == {"pending"}
    assert sum(task["attempts"] for task in fetched.states().values()) == 5


def test_five_first_answers_with_403_mean_the_token_when_asked_at_once_too(fetch: Fetch, say: Say) -> None:
    fetched = fetch(_ids(40), otherwise=say(403), max_concurrency=16)
    assert fetched.report.stopped is StopReason.TOKEN_REFUSED
    assert {task["state"] for task in fetched.states().values()} == {"pending"}
    assert len(fetched.api.asked) <= 5 + 16


def test_a_403_among_good_answers_is_the_ids_own(fetch: Fetch, say: Say) -> None:
    ids = _ids(12)
    fetched = fetch(ids, {ids[0]: [say(403)], ids[7]: [say(403)]}, max_concurrency=1)
    assert fetched.report.stopped is None
    states = fetched.states()
    assert [task_id for task_id in ids if states[task_id]["state"] == "failed"] == [ids[0], ids[7]]


@pytest.mark.parametrize("status", [403, 400, 302])
def test_a_run_in_which_every_id_is_refused_counts_for_nothing(fetch: Fetch, say: Say, status: int) -> None:
    fetched = fetch(_ids(3), otherwise=say(status))
    assert fetched.report.stopped is StopReason.REFUSED
    assert fetched.endings == dict.fromkeys(_ids(3), ("refused", True))
    assert {task["state"] for task in fetched.states().values()} == {"pending"}


@pytest.mark.parametrize("usable", [True, False])
def test_a_settled_id_is_fetched_before_refusals_stop_a_run(fetch: Fetch, say: Say, usable: bool) -> None:
    bad, good = _ids(25), [f"good-{number}" for number in range(3)]
    script = {task_id: [say(400)] for task_id in bad} | {"probe": [say() if usable else say(302)]}
    fetched = fetch([*bad, *good], script, max_concurrency=1, settled=["probe"])
    states = {task_id: task["state"] for task_id, task in fetched.states().items() if task_id != "probe"}
    if usable:
        assert fetched.api.asked == [*bad[:20], "probe", *bad[20:], *good]
        assert fetched.report.stopped is None
        assert states == dict.fromkeys(bad, "failed") | dict.fromkeys(good, "settled")
    else:
        assert fetched.api.asked == [*bad[:20], "probe"]
        assert fetched.report.stopped is StopReason.REFUSED
        assert set(states.values()) == {"pending"}


def test_ids_of_a_stopped_run_are_fetched_last(fetch: Fetch, say: Say) -> None:
    ids = _ids(30)
    fetched = fetch(ids, otherwise=say(503), max_concurrency=1, tries=1)
    planned = list(plan_ids(fetched.lake, [DAY], SETTINGS, FetchPlan(datetime.now(UTC))))
    assert planned == [*ids[20:], *ids[:20]]


def test_not_found_before_the_first_usable_answer_counts_for_no_state(fetch: Fetch, say: Say) -> None:
    ids = _ids(250)
    fetched = fetch(ids, otherwise=say(404), max_concurrency=1)
    assert fetched.report.stopped is StopReason.NOT_FOUND
    assert fetched.api.asked == ids[:200]
    assert {row["stopped_run"] for row in fetched.rows} == {False}
    assert {task["state"] for task in fetched.states(settle_hours=0).values()} == {"pending"}


def test_not_found_after_the_first_usable_answer_counts(fetch: Fetch, say: Say) -> None:
    ids = _ids(4)
    fetched = fetch(ids, {ids[1]: [say()]}, otherwise=say(404), max_concurrency=1)
    states = [task["state"] for task in fetched.states(settle_hours=0).values()]
    assert states == ["pending", "settled", "not_found", "not_found"]
    assert fetched.report.has_usable_answer


def test_a_202_and_a_403_are_tried_again_when_they_ask_for_it(fetch: Fetch, say: Say) -> None:
    wait = {"Retry-After": "0.0"}
    script = {"a": [say(202), say()], "b": [say(403, headers=wait), say()], "c": [say(522), say()]}
    fetched = fetch(["a", "b", "c"], script)
    assert fetched.endings == dict.fromkeys("abc", ("usable", False))
    assert fetched.tries == {"a": 2, "b": 2, "c": 2}


def test_a_refused_token_stops_the_run_at_once_and_what_came_before_counts(fetch: Fetch, say: Say) -> None:
    script = {
        "good-1": [say()],
        "good-2": [say(404)],
        "refused": [say(401, when=lambda api: api.answered == 2 and api.in_flight == 3)],
        "in-flight-1": [say(when=_never)],
        "in-flight-2": [say(when=_never)],
    }
    fetched = fetch([*script, "never-1", "never-2"], script, max_concurrency=3)
    assert fetched.report.stopped is StopReason.TOKEN_REFUSED
    assert sorted(fetched.api.asked) == sorted(script)
    assert fetched.endings == {
        "good-1": ("usable", False),
        "good-2": ("not_found", False),
        "refused": ("unauthorized", True),
        "in-flight-1": ("trouble", True),
        "in-flight-2": ("trouble", True),
    }
    rows = {row["task_id"]: row for row in fetched.rows}
    assert rows["refused"]["status"] == 401
    assert rows["in-flight-1"]["error"] == rows["in-flight-2"]["error"] == "the run was stopped"
    states = {task_id: task["state"] for task_id, task in fetched.states().items()}
    assert states.pop("good-1") == "settled"
    assert states.pop("good-2") == "pending"  # sent before the first usable answer had come
    assert set(states.values()) == {"pending"}
    assert {fetched.states(settle_hours=0)[task_id]["state"] for task_id in states} == {"pending"}


def test_the_tries_before_a_refused_token_are_marked_with_it(fetch: Fetch, say: Say) -> None:
    fetched = fetch(["a"], {"a": [say(503), say(401)]})
    assert [(row["status"], row["stopped_run"]) for row in fetched.rows] == [(503, True), (401, True)]


@pytest.mark.parametrize("bad", [{"status": 503}, {"body": b"<html>"}, {"declared": 500}])
def test_twenty_in_a_row_in_trouble_stop_the_run(fetch: Fetch, say: Say, bad: dict[str, Any]) -> None:
    ids = _ids(30)
    fetched = fetch(ids, {ids[0]: [say()]}, otherwise=say(**bad), max_concurrency=1, tries=1)
    assert fetched.report.stopped is StopReason.API_DOWN
    assert fetched.api.asked == ids[:21]
    result = "garbage" if "body" in bad else "trouble"
    assert fetched.endings == {ids[0]: ("usable", False), **dict.fromkeys(ids[1:21], (result, True))}
    assert [task["state"] for task in fetched.states(settle_hours=0).values()] == ["settled"] + ["pending"] * 29


def test_twenty_in_a_row_stop_the_run_among_many_at_once(fetch: Fetch, say: Say) -> None:
    fetched = fetch(_ids(60), otherwise=say(500), max_concurrency=8, tries=2)
    assert fetched.report.stopped is StopReason.API_DOWN
    assert 20 <= len(fetched.endings) <= 27
    assert {marked for _, marked in fetched.endings.values()} == {True}
    assert fetched.report.asked == 0


@pytest.mark.parametrize("good", [{"status": 200}, {"status": 404}, {"status": 204}, {"body": b"[]"}])
def test_nineteen_in_trouble_and_then_another_answer_do_not_stop_the_run(
    fetch: Fetch, say: Say, good: dict[str, Any]
) -> None:
    ids = _ids(39)
    fetched = fetch(ids, {ids[19]: [say(**good)]}, otherwise=say(503), max_concurrency=1, tries=1)
    assert fetched.report.stopped is None
    assert fetched.api.asked == ids
    assert {marked for _, marked in fetched.endings.values()} == {False}
    assert fetched.report.asked == 39


def test_a_run_that_is_cancelled_leaves_everything_that_ended_on_record(fetch: Fetch, say: Say) -> None:
    async def interrupt(api: Any, task: Any) -> None:
        while api.answered < 6 or api.in_flight < 2:
            await asyncio.sleep(0.002)
        task.cancel()

    slow = {"id-003": [say(when=_never)], "id-006": [say(503), say(when=_never)]}
    fetched = fetch(_ids(20), slow, during=interrupt, max_concurrency=2)
    assert isinstance(fetched.failure, asyncio.CancelledError)
    ended = {task_id for task_id, (result, marked) in fetched.endings.items() if result == "usable" and not marked}
    assert ended == {"id-000", "id-001", "id-002", "id-004", "id-005"}
    assert fetched.endings["id-003"] == fetched.endings["id-006"] == ("trouble", True)
    assert fetched.tries["id-006"] == 2
    assert len(fetched.endings) == 7


def test_a_busy_run_that_is_cancelled_stops_at_once(fetch: Fetch, say: Say) -> None:
    async def interrupt(api: Any, task: Any) -> None:
        while api.answered < 100:
            await asyncio.sleep(0)
        task.cancel()

    fetched = fetch(_ids(2_000), during=interrupt, max_concurrency=32)
    assert isinstance(fetched.failure, asyncio.CancelledError)
    assert len(fetched.api.asked) < 100 + 3 * 32


def test_a_lake_that_cannot_be_written_ends_the_run_with_its_own_error(
    fetch: Fetch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_raw_writer, "FLUSH_ATTEMPTS", 5)
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake" / "raw_answers").write_text("a file where a folder has to be")
    fetched = fetch(_ids(300))
    assert isinstance(fetched.failure, OSError)
    assert str(tmp_path / "lake" / "raw_answers") in str(fetched.failure)
    assert len(fetched.api.asked) < 100


def test_a_next_run_asks_again_and_the_latest_usable_answer_decides(fetch: Fetch, say: Say) -> None:
    under_way, done = b'[{"call_status": "RINGING"}]', b'[{"call_status": "MISSED"}]'
    assert fetch(["a"], {"a": [say(body=under_way)]}).states()["a"]["state"] == "unsettled"
    assert fetch(["a"], {"a": [say(503)]}).states()["a"]["state"] == "unsettled"
    fetched = fetch(["a"], {"a": [say(body=done)]})
    assert fetched.states()["a"]["state"] == "settled"
    assert [row["body"] for row in fetched.rows if row["result"] == "usable"] == [under_way, done]
