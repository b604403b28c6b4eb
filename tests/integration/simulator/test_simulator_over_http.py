import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import orjson
import pytest

from dialflo_pipeline.simulator import RunningSimulator, SimulatorOptions, running_simulator
from dialflo_pipeline.simulator.campaign import campaign
from dialflo_pipeline.simulator.documents import document

Ask = Callable[[str], httpx.Response]
Start = Callable[..., Ask]

DOCUMENTED = Path(__file__).parents[2] / "cases" / "documented_response.json"
SMALL = SimulatorOptions(days=2, tasks_per_day=20)
UNKNOWN = str(uuid.UUID(int=1))


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSimulator]:
    with running_simulator(SMALL) as simulator:
        yield simulator


def _get(running: RunningSimulator, path: str, **headers: str) -> httpx.Response:
    return httpx.get(f"{running.base_url}{path}", headers=headers, trust_env=False)


def _right(running: RunningSimulator) -> dict[str, str]:
    return {"auth_token": f"Bearer {running.token}"}


def test_every_task_is_answered_with_its_document_as_another_process_would_tell_it(running: RunningSimulator) -> None:
    with httpx.Client(base_url=running.base_url, headers=_right(running), trust_env=False) as client:
        for task in campaign(SMALL):
            answer = client.get(f"/call_details/{task.task_id}")
            assert answer.status_code == 200
            assert answer.headers["content-type"] == "application/json"
            assert answer.content == orjson.dumps(document(task, SMALL.seed))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"auth_token": "Bearer wrong"},
        {"auth_token": SMALL.token},
        {"auth_token": ""},
        {"authorization": f"Bearer {SMALL.token}"},
    ],
)
def test_a_wrong_or_missing_token_is_refused(running: RunningSimulator, headers: dict[str, str]) -> None:
    answer = _get(running, f"/call_details/{campaign(SMALL)[0].task_id}", **headers)
    assert answer.status_code == 401
    assert isinstance(answer.json()["detail"], str)


def test_an_unknown_id_is_not_found(running: RunningSimulator) -> None:
    answer = _get(running, f"/call_details/{UNKNOWN}", **_right(running))
    assert answer.status_code == 404
    assert answer.json() == {"detail": "Call details not found"}


def test_other_paths_and_methods_are_refused_in_the_same_shape(running: RunningSimulator) -> None:
    assert _get(running, "/calls").json() == {"detail": "Not Found"}
    answer = httpx.post(f"{running.base_url}/call_details/{UNKNOWN}", trust_env=False)
    assert answer.status_code == 405
    assert answer.json() == {"detail": "Method Not Allowed"}


def test_requests_over_the_limit_are_told_when_to_come_again(start: Start) -> None:
    ask = start(rate_limit=0.01)
    assert ask(UNKNOWN).status_code == 404
    answer = ask(UNKNOWN)
    assert answer.status_code == 429
    assert 50 < int(answer.headers["retry-after"]) <= 100
    assert "detail" in answer.json()


def test_an_error_is_answered_with_500_and_a_message(start: Start) -> None:
    answer = start(error_share=1)(UNKNOWN)
    assert answer.status_code == 500
    assert answer.json() == {"detail": {"message": "Something went wrong"}}


def test_errors_take_their_share_and_pass_when_asked_again(start: Start) -> None:
    ask = start(error_share=0.3)
    first = {task.task_id: ask(task.task_id).status_code for task in campaign(SMALL)}
    assert set(first.values()) == {200, 500}
    again = [[ask(task_id).status_code for _ in range(12)] for task_id, status in first.items() if status == 500]
    assert all(200 in statuses for statuses in again)


def test_an_unsettled_call_settles_after_it_was_asked_for_a_few_times(start: Start) -> None:
    ask = start(unsettled_share=1)
    for task in campaign(SMALL)[:10]:
        settled = orjson.dumps(document(task, SMALL.seed))
        answers = [ask(task.task_id).content for _ in range(5)]
        unsettled = [answer for answer in answers if answer == orjson.dumps(document(task, SMALL.seed, settled=False))]
        assert 1 <= len(unsettled) <= 3
        assert answers == unsettled + [settled] * (5 - len(unsettled))


def test_latency_delays_every_answer(start: Start) -> None:
    answer = start(latency_seconds=0.05, latency_jitter=0)(UNKNOWN)
    assert answer.elapsed.total_seconds() >= 0.05


def test_given_documents_are_served_byte_for_byte(start: Start, tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    ask = start(documents=documents)
    task_id = str(uuid.uuid4())
    assert ask(task_id).status_code == 404
    shutil.copy(DOCUMENTED, documents / f"{task_id}.json")
    (documents / "broken.json").write_bytes(b'{"agent_name": \xff')
    assert ask(task_id).content == DOCUMENTED.read_bytes()
    assert (ask("broken").status_code, ask("broken").content) == (200, b'{"agent_name": \xff')


def test_documents_outside_the_folder_are_out_of_reach(start: Start, tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text("[]")
    (tmp_path / "given").mkdir()
    ask = start(documents=tmp_path / "given")
    for task_id in ("..%2Fsecret", "%2E%2E", "secret%00", "a.b", "%5C..%5Csecret"):
        assert ask(task_id).status_code == 404


def test_the_same_errors_come_in_every_run(start: Start) -> None:
    def statuses(ask: Ask) -> list[int]:
        return [ask(task.task_id).status_code for task in campaign(SMALL)]

    assert statuses(start(error_share=0.3)) == statuses(start(error_share=0.3))
