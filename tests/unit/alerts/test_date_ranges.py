"""Days as spans without a gap."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dialflo_pipeline.alerts.date_ranges import days_of, shown, spans_of

DAY = date(2026, 2, 27)


@given(st.frozensets(st.dates(date(2026, 1, 1), date(2026, 3, 1))))
def test_spans_hold_the_same_days_with_gaps_between_them(days: frozenset[date]) -> None:
    spans = spans_of(days)
    assert days_of(spans) == days
    assert all(first <= last for first, last in spans)
    assert all(after[0] - before[1] > timedelta(days=1) for before, after in pairwise(spans))


def test_days_are_shown_as_spans_and_not_without_end() -> None:
    assert shown(spans_of([DAY, DAY + timedelta(1), DAY + timedelta(4)])) == "2026-02-27 to 2026-02-28, 2026-03-03"
    assert shown(spans_of(DAY + timedelta(2 * number) for number in range(9)), most=1) == "2026-02-27 and 8 more"
