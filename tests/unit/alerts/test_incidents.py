"""One message for an incident, until it was resolved in between or about a day has passed."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic import ValidationError

from dialflo_pipeline.alerts.incidents import FORGOTTEN_AFTER, MAX_INCIDENTS, NOTIFY_AGAIN_AFTER, Failure, IncidentLog

CHANNELS = ("webhook", "mail")
NIGHT = datetime(2026, 3, 7, 1, 30, tzinfo=UTC)
FIRST, SECOND = date(2026, 3, 1), date(2026, 3, 2)


def failure(at: datetime = NIGHT, key: str = "refused", days: tuple[date, ...] = ()) -> Failure:
    return Failure(key, "step fetch", "sync failed", "refused", "correct it", at, "run", frozenset(days), bool(days))


@pytest.fixture
def incidents() -> IncidentLog:
    return IncidentLog(read_up_to=0)


def pending(incidents: IncidentLog) -> list[str]:
    return [name for incident in (*incidents.open, *incidents.resolved) for name in incident.pending]


def notify(incidents: IncidentLog, at: datetime = NIGHT, *names: str) -> None:
    for incident in (*incidents.open, *incidents.resolved):
        for name in names or incident.pending:
            incident.mark_notified(name, at)


def stored(incidents: IncidentLog) -> IncidentLog:
    """The log after it was stored in a cursor."""
    return IncidentLog.model_validate_json(incidents.model_dump_json())


def test_an_incident_is_pending_for_every_channel_until_it_has_sent_it(incidents: IncidentLog) -> None:
    incidents.record_failure(failure(), CHANNELS)
    assert pending(incidents) == ["webhook", "mail"]
    notify(incidents, NIGHT, "webhook")
    assert pending(stored(incidents)) == ["mail"]
    notify(incidents, NIGHT, "mail")
    assert pending(stored(incidents)) == []


def test_the_same_incident_again_is_counted_and_not_sent_again(incidents: IncidentLog) -> None:
    incidents.record_failure(failure(), CHANNELS)
    notify(incidents)
    incidents = stored(incidents)
    incidents.record_failure(failure(NIGHT + timedelta(hours=1)), CHANNELS)
    assert pending(incidents) == []
    assert [(incident.times, incident.since, incident.last) for incident in incidents.open] == [
        (2, NIGHT, NIGHT + timedelta(hours=1))
    ]


def test_two_incidents_are_both_sent(incidents: IncidentLog) -> None:
    incidents.record_failure(failure(key="one"), CHANNELS[:1])
    incidents.record_failure(failure(key="two"), CHANNELS[:1])
    assert pending(incidents) == ["webhook", "webhook"]


@pytest.mark.parametrize(("early", "is_notified"), [(timedelta(0), True), (timedelta(1e-5), False)])
def test_after_a_day_channels_are_notified_again(incidents: IncidentLog, early: timedelta, is_notified: bool) -> None:
    incidents.record_failure(failure(), CHANNELS)
    notify(incidents)
    incidents.record_failure(failure(NIGHT + NOTIFY_AGAIN_AFTER - early), CHANNELS)
    assert bool(pending(incidents)) is is_notified


def test_each_night_is_a_day_after_the_last_also_when_clocks_go_forward() -> None:
    assert timedelta(hours=23) > NOTIFY_AGAIN_AFTER


def test_a_failure_after_a_success_is_sent_immediately(incidents: IncidentLog) -> None:
    incidents.record_failure(failure(), CHANNELS)
    notify(incidents)
    incidents.record_success("step fetch", frozenset(), NIGHT, "good")
    assert incidents.open == []
    assert [(incident.pending, incident.run_id) for incident in incidents.resolved] == [(("mail", "webhook"), "good")]
    incidents.record_failure(failure(NIGHT + timedelta(hours=1)), CHANNELS)
    assert len(incidents.open[0].pending) == 2


def test_an_incident_resolved_before_it_was_sent_is_never_sent(incidents: IncidentLog) -> None:
    incidents.record_failure(failure(), CHANNELS)
    incidents.record_success("step fetch", frozenset(), NIGHT, "good")
    assert pending(incidents) == []


def test_an_unsent_resolution_is_dropped_by_a_new_failure(incidents: IncidentLog) -> None:
    incidents.record_failure(failure(), CHANNELS)
    notify(incidents)
    incidents.record_success("step fetch", frozenset(), NIGHT, "good")
    incidents.record_failure(failure(NIGHT + timedelta(hours=1)), CHANNELS)
    assert (len(incidents.open), incidents.resolved) == (1, [])


def test_a_resolution_is_sent_over_the_channels_that_sent_the_incident(incidents: IncidentLog) -> None:
    incidents.record_failure(failure(), CHANNELS)
    notify(incidents, NIGHT, "mail")
    incidents.record_success("step fetch", frozenset(), NIGHT, "good")
    assert pending(incidents) == ["mail"]


def test_the_success_of_another_step_resolves_nothing(incidents: IncidentLog) -> None:
    incidents.record_failure(failure(), CHANNELS)
    incidents.record_success("step other", frozenset(), NIGHT, "good")
    assert len(incidents.open) == 1


def test_an_incident_of_days_is_resolved_when_all_of_them_succeeded(incidents: IncidentLog) -> None:
    incidents.record_failure(failure(days=(FIRST,)), CHANNELS)
    incidents.record_failure(failure(days=(SECOND,)), CHANNELS)
    notify(incidents)
    incidents.record_success("step fetch", frozenset([FIRST, date(2026, 4, 1)]), NIGHT, "good")
    incidents = stored(incidents)
    assert [incident.days for incident in incidents.open] == [((SECOND, SECOND),)]
    incidents.record_success("step fetch", frozenset([SECOND]), NIGHT, "good")
    assert (incidents.open, len(incidents.resolved)) == ([], 1)


def test_an_incident_without_a_failure_for_long_is_forgotten(incidents: IncidentLog) -> None:
    incidents.record_failure(failure(), CHANNELS)
    incidents.remove_old(CHANNELS, NIGHT + FORGOTTEN_AFTER - timedelta(seconds=1))
    assert len(incidents.open) == 1
    incidents.remove_old(CHANNELS, NIGHT + FORGOTTEN_AFTER)
    assert (incidents.open, incidents.resolved) == ([], [])


def test_nothing_is_pending_for_a_channel_that_was_removed(incidents: IncidentLog) -> None:
    incidents.record_failure(failure(), CHANNELS)
    incidents.remove_old(["mail"], NIGHT)
    assert pending(incidents) == ["mail"]


def test_the_log_has_a_maximum_size(incidents: IncidentLog) -> None:
    for number in range(MAX_INCIDENTS + 5):
        incidents.record_failure(failure(key=str(number)), CHANNELS)
    assert len(incidents.open) == MAX_INCIDENTS
    assert incidents.open[-1].key == str(MAX_INCIDENTS + 4)


def test_a_cursor_of_an_older_version_is_read_with_its_state() -> None:
    common = {"key": "k", "subject": "step fetch", "title": "t", "what": "w", "remedy": "r", "run_id": "run"}
    times = {"since": "2026-03-01T00:00:00Z", "last": "2026-03-01T00:00:00Z"}
    open_one = {**common, **times, "told_at": "2026-03-01T00:01:00Z", "told": ["mail"], "owed": ["webhook"]}
    old = {"read_up_to": 7, "wrong": [open_one], "fine_again": [{**common, **times, "owed": ["mail"]}]}
    incidents = IncidentLog.model_validate_json(json.dumps(old))
    (one,), (resolved,) = incidents.open, incidents.resolved
    assert (incidents.read_up_to, one.notified, one.pending, resolved.pending) == (
        7,
        ("mail",),
        ("webhook",),
        ("mail",),
    )
    assert one.notified_at == datetime(2026, 3, 1, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize("cursor", ["[]", "7", "{}", '{"read_up_to": 7, "open": [3]}'])
def test_a_cursor_that_is_no_log_is_invalid(cursor: str) -> None:
    with pytest.raises(ValidationError):
        IncidentLog.model_validate_json(cursor)
