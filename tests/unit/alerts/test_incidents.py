"""One cause is told once, until it was fine in between or about a day has passed."""

from datetime import UTC, date, datetime, timedelta

import pytest

from dialflo_pipeline.alerts.incidents import FORGOTTEN_AFTER, MOST_CAUSES, TOLD_AGAIN_AFTER, Ledger, Trouble

CHANNELS = ("webhook", "mail")
NIGHT = datetime(2026, 3, 7, 1, 30, tzinfo=UTC)
FIRST, SECOND = date(2026, 3, 1), date(2026, 3, 2)


def trouble(at: datetime = NIGHT, key: str = "refused", days: tuple[date, ...] = ()) -> Trouble:
    return Trouble(key, "step fetch", "sync failed", "refused", "mend it", at, "run", frozenset(days), bool(days))


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(read_up_to=0)


def owed(ledger: Ledger) -> list[str]:
    return [name for cause in (*ledger.wrong, *ledger.fine_again) for name in cause.owed]


def tell(ledger: Ledger, at: datetime = NIGHT, *names: str) -> None:
    for cause in (*ledger.wrong, *ledger.fine_again):
        for name in names or cause.owed:
            cause.was_told(name, at)


def kept(ledger: Ledger) -> Ledger:
    """The same after it was in a cursor."""
    return Ledger.model_validate_json(ledger.model_dump_json())


def test_a_cause_is_owed_to_every_channel_and_then_to_none(ledger: Ledger) -> None:
    ledger.failed(trouble(), CHANNELS)
    assert owed(ledger) == ["webhook", "mail"]
    tell(ledger, NIGHT, "webhook")
    assert owed(kept(ledger)) == ["mail"]
    tell(ledger, NIGHT, "mail")
    assert owed(kept(ledger)) == []


def test_the_same_cause_again_is_not_told_again_but_counted(ledger: Ledger) -> None:
    ledger.failed(trouble(), CHANNELS)
    tell(ledger)
    ledger = kept(ledger)
    ledger.failed(trouble(NIGHT + timedelta(hours=1)), CHANNELS)
    assert owed(ledger) == []
    assert [(cause.times, cause.since, cause.last) for cause in ledger.wrong] == [
        (2, NIGHT, NIGHT + timedelta(hours=1))
    ]


def test_two_causes_are_told_each(ledger: Ledger) -> None:
    ledger.failed(trouble(key="one"), CHANNELS[:1])
    ledger.failed(trouble(key="two"), CHANNELS[:1])
    assert owed(ledger) == ["webhook", "webhook"]


@pytest.mark.parametrize(("later", "is_told"), [(TOLD_AGAIN_AFTER, True), (TOLD_AGAIN_AFTER - timedelta(1e-5), False)])
def test_after_a_day_it_is_told_again(ledger: Ledger, later: timedelta, is_told: bool) -> None:
    ledger.failed(trouble(), CHANNELS)
    tell(ledger)
    ledger.failed(trouble(NIGHT + later), CHANNELS)
    assert bool(owed(ledger)) is is_told


def test_each_night_is_a_day_after_the_last_also_when_clocks_go_forward() -> None:
    assert timedelta(hours=23) > TOLD_AGAIN_AFTER


def test_once_fine_in_between_it_is_told_again_at_once(ledger: Ledger) -> None:
    ledger.failed(trouble(), CHANNELS)
    tell(ledger)
    ledger.succeeded("step fetch", frozenset(), NIGHT, "good")
    assert ledger.wrong == []
    assert [(cause.owed, cause.run_id) for cause in ledger.fine_again] == [(("mail", "webhook"), "good")]
    ledger.failed(trouble(NIGHT + timedelta(hours=1)), CHANNELS)
    assert len(ledger.wrong[0].owed) == 2


def test_what_was_fine_again_before_anybody_was_told_is_not_told(ledger: Ledger) -> None:
    ledger.failed(trouble(), CHANNELS)
    ledger.succeeded("step fetch", frozenset(), NIGHT, "good")
    assert owed(ledger) == []


def test_a_recovery_that_is_over_before_it_was_told_is_not_told(ledger: Ledger) -> None:
    ledger.failed(trouble(), CHANNELS)
    tell(ledger)
    ledger.succeeded("step fetch", frozenset(), NIGHT, "good")
    ledger.failed(trouble(NIGHT + timedelta(hours=1)), CHANNELS)
    assert (len(ledger.wrong), ledger.fine_again) == (1, [])


def test_recovery_is_told_where_the_cause_was_told(ledger: Ledger) -> None:
    ledger.failed(trouble(), CHANNELS)
    tell(ledger, NIGHT, "mail")
    ledger.succeeded("step fetch", frozenset(), NIGHT, "good")
    assert owed(ledger) == ["mail"]


def test_another_step_that_went_right_says_nothing(ledger: Ledger) -> None:
    ledger.failed(trouble(), CHANNELS)
    ledger.succeeded("step other", frozenset(), NIGHT, "good")
    assert len(ledger.wrong) == 1


def test_a_cause_of_days_is_over_when_all_of_them_went_right(ledger: Ledger) -> None:
    ledger.failed(trouble(days=(FIRST,)), CHANNELS)
    ledger.failed(trouble(days=(SECOND,)), CHANNELS)
    tell(ledger)
    ledger.succeeded("step fetch", frozenset([FIRST, date(2026, 4, 1)]), NIGHT, "good")
    ledger = kept(ledger)
    assert [cause.days for cause in ledger.wrong] == [((SECOND, SECOND),)]
    ledger.succeeded("step fetch", frozenset([SECOND]), NIGHT, "good")
    assert (ledger.wrong, len(ledger.fine_again)) == ([], 1)


def test_what_nobody_heard_of_for_long_is_forgotten_without_a_word(ledger: Ledger) -> None:
    ledger.failed(trouble(), CHANNELS)
    ledger.clean_up(CHANNELS, NIGHT + FORGOTTEN_AFTER - timedelta(seconds=1))
    assert len(ledger.wrong) == 1
    ledger.clean_up(CHANNELS, NIGHT + FORGOTTEN_AFTER)
    assert (ledger.wrong, ledger.fine_again) == ([], [])


def test_nothing_is_owed_to_a_channel_that_is_no_more(ledger: Ledger) -> None:
    ledger.failed(trouble(), CHANNELS)
    ledger.clean_up(["mail"], NIGHT)
    assert owed(ledger) == ["mail"]


def test_the_ledger_does_not_grow_without_end(ledger: Ledger) -> None:
    for number in range(MOST_CAUSES + 5):
        ledger.failed(trouble(key=str(number)), CHANNELS)
    assert len(ledger.wrong) == MOST_CAUSES
    assert ledger.wrong[-1].key == str(MOST_CAUSES + 4)
