"""What a person is told of a failure, and what is kept back."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dialflo_pipeline.alerts.failures import (
    INTERRUPTED,
    LONGEST,
    REMEDIES,
    SEE_THE_LOG,
    FailedStep,
    check_failure,
    failure_of,
    scrubbed,
    shortened,
)
from dialflo_pipeline.core import errors

NOW = datetime(2026, 3, 1, tzinfo=UTC)
REFUSED = FailedStep(
    kind="TokenRefused",
    said="dialflo_pipeline.core.errors.TokenRefused: The API refused the token in DIALFLO_API_TOKEN.",
    job="sync",
    step="raw_answers",
    at=NOW,
    run_id="one",
    days=frozenset(),
    by_day=False,
)


def test_a_refused_token_is_told_with_its_remedy() -> None:
    told = failure_of(REFUSED)
    assert told.title == "sync failed at raw_answers"
    assert told.what == "The API refused the token in DIALFLO_API_TOKEN."
    assert "Put a valid token in DIALFLO_API_TOKEN" in told.remedy


def test_every_remedy_is_for_a_kind_of_error_there_is() -> None:
    system = {"OSError", "PermissionError", *INTERRUPTED}
    assert REMEDIES.keys() - system <= {name for name in vars(errors) if isinstance(vars(errors)[name], type)}


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ({"run_id": "a"}, {"run_id": "b", "job": "backfill"}, True),
        ({"said": "dialflo_pipeline.x.E: 12 of 20 days"}, {"said": "dialflo_pipeline.x.E: 7 of 19 days"}, True),
        ({"said": "dialflo_pipeline.x.E: bad file"}, {"said": "dialflo_pipeline.x.E: bad disk"}, False),
        ({"step": "a"}, {"step": "b"}, False),
        ({"kind": "A"}, {"kind": "B"}, False),
        ({"step": None, "job": "a"}, {"step": None, "job": "b"}, False),
    ],
)
def test_what_makes_two_failures_one_cause(one: dict[str, str], other: dict[str, str], is_same: bool) -> None:
    keys = [failure_of(replace(REFUSED, **changes)).key for changes in (one, other)]  # type: ignore[arg-type]  # of mixed types
    assert (keys[0] == keys[1]) is is_same


@pytest.mark.parametrize(
    "said",
    [
        "polars.exceptions.ComputeError: could not parse `+917407656243` of 'Asha said no'",
        "duckdb.ConversionException: Could not convert string '+917407656243' to INT32",
        "ValueError: +917407656243",
        "RuntimeError",
    ],
)
def test_the_text_of_an_error_that_is_not_ours_is_not_told(said: str) -> None:
    told = failure_of(replace(REFUSED, kind=said.partition(":")[0].rpartition(".")[2], said=said))
    assert "740" not in told.what + told.key
    assert "Asha" not in told.what + told.key
    assert told.what.startswith(said.partition(":")[0].rpartition(".")[2])
    assert told.remedy == SEE_THE_LOG


def test_what_the_system_says_of_a_disk_is_told() -> None:
    full = replace(REFUSED, kind="OSError", said="OSError: [Errno 28] No space left on device: '/data/x'")
    assert failure_of(full).what == "[Errno 28] No space left on device: '/data/x'"
    assert "disk" in failure_of(full).remedy


def test_a_run_that_ended_outside_of_any_step_is_told_in_the_words_of_its_end() -> None:
    killed = replace(REFUSED, kind="", said="The process of this run was killed.", step=None)
    assert (failure_of(killed).title, failure_of(killed).what) == ("sync failed", "The process of this run was killed.")


@pytest.mark.parametrize("kind", INTERRUPTED)
def test_a_run_that_was_stopped_and_one_of_chosen_assets_are_told_in_plain_words(kind: str) -> None:
    told = failure_of(replace(REFUSED, kind=kind, said=f"dagster._core.errors.{kind}", job="__ASSET_JOB"))
    assert told.title == "a run of chosen assets failed at raw_answers"
    assert told.what == "The run was stopped before its end, for example by a restart of the services."


def test_secrets_and_numbers_like_those_of_phones_are_taken_out() -> None:
    text = "token t0ken at 917407656243, +4915112345678, on 2026-03-01 in 20260301.csv"
    assert scrubbed(text, ["t0ken", ""]) == "token [secret] at [number], [number], on 2026-03-01 in 20260301.csv"


def test_a_sentence_is_cut_where_nobody_would_read_on() -> None:
    assert len(shortened("x" * 5 * LONGEST)) <= LONGEST + 2
    assert shortened(" short ") == "short"


def test_a_check_that_says_nothing_is_told_all_the_same() -> None:
    told = check_failure("lake/calls", "keys", None, True, None, NOW, "run")
    assert (told.title, told.by_day) == ("check keys of lake/calls failed", False)
    assert told.what
