"""The made-up answers of the benchmarks: the same for the same arguments, of the size and shape asked for."""

import json
from datetime import UTC, date, datetime
from typing import Any

from benchmarks.campaign import Campaign
from benchmarks.documents import USUAL, Shape, documents
from benchmarks.frames import answers
from benchmarks.server import NAMES
from dialflo_pipeline.core.classify import classify
from dialflo_pipeline.core.schema import Result
from dialflo_pipeline.flatten import flatten

COUNT = 400


def _calls(shape: Shape) -> list[dict[str, Any]]:
    return [call for body in documents(COUNT, shape) for call in json.loads(body)]


def test_the_same_arguments_give_the_same_bytes() -> None:
    assert list(documents(20, seed=3)) == list(documents(20, seed=3))
    assert list(documents(20, seed=3)) != list(documents(20, seed=4))


def test_fewer_documents_are_the_first_of_more() -> None:
    assert list(documents(5)) == list(documents(20))[:5]


def test_every_document_is_a_usable_and_complete_answer() -> None:
    verdicts = [classify(200, body) for body in documents(COUNT, Shape(unanswered_share=0.5))]
    assert {verdict.result for verdict in verdicts} == {Result.USABLE}
    assert all(verdict.is_complete for verdict in verdicts)


def test_usual_documents_have_about_a_kilobyte_and_nine_keys_and_values() -> None:
    bodies = list(documents(COUNT))
    flattened = flatten(answers([f"t{place}" for place in range(COUNT)], bodies, date(2025, 6, 25)), "UTC")
    assert 800 < sum(map(len, bodies)) / COUNT < 1_100
    assert 8 < (flattened.call_metadata.height + flattened.call_context.height) / COUNT < 9.5
    assert flattened.rejects.is_empty()


def test_a_shape_sets_calls_turns_keys_and_the_share_unanswered() -> None:
    shape = Shape(transcript_turns=6, metadata_keys=30, context_keys=1, calls_per_task=3, unanswered_share=0.5)
    calls = _calls(shape)
    answered = [call for call in calls if call["call_status"] == "ANSWERED"]
    assert len(calls) == 3 * COUNT
    assert 0.4 < len(answered) / len(calls) < 0.6
    assert {len(call["transcript"]) for call in answered} == {6}
    assert {len(call["call_insights"]["metadata"]) for call in answered} == {29, 30, 31}
    assert {len(call["call_context"]) for call in calls} == {0, 1}


def test_documents_may_have_no_data_points_at_all() -> None:
    calls = _calls(Shape(metadata_keys=0, context_keys=0, unanswered_share=0))
    assert all(call["call_insights"]["metadata"] == {} == call["call_context"] for call in calls)


def test_a_campaign_gives_each_task_an_id_a_time_and_a_body_of_its_own() -> None:
    campaign = Campaign(tasks=700, days=7)
    ids, times = list(campaign.task_ids()), list(campaign.completed())
    assert len(set(ids)) == 700
    assert times == sorted(times)
    assert {moment.date() for moment in times} == {date(2025, 1, day) for day in range(1, 8)}
    served = campaign.served()
    assert [served[task_id[-4:]] for task_id in ids] == list(campaign.bodies())


def test_later_tasks_go_on_where_earlier_ones_ended() -> None:
    whole = Campaign(tasks=NAMES + 10, days=2)
    later = Campaign(tasks=10, days=1, shape=USUAL, first=NAMES, first_day=2)
    assert list(whole.task_ids())[-10:] == list(later.task_ids())
    assert next(later.completed()) == datetime(2025, 1, 3, tzinfo=UTC)
