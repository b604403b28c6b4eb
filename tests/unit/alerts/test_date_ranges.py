"""Days as ranges without a gap."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dialflo_pipeline.alerts.date_ranges import days_in, format_ranges, ranges_of

DAY = date(2026, 2, 27)


@given(st.frozensets(st.dates(date(2026, 1, 1), date(2026, 3, 1))))
def test_ranges_hold_the_same_days_with_gaps_between_them(days: frozenset[date]) -> None:
    ranges = ranges_of(days)
    assert days_in(ranges) == days
    assert all(first <= last for first, last in ranges)
    assert all(after[0] - before[1] > timedelta(days=1) for before, after in pairwise(ranges))


def test_days_are_formatted_as_ranges_up_to_a_limit() -> None:
    assert (
        format_ranges(ranges_of([DAY, DAY + timedelta(1), DAY + timedelta(4)]))
        == "2026-02-27 to 2026-02-28, 2026-03-03"
    )
    assert (
        format_ranges(ranges_of(DAY + timedelta(2 * number) for number in range(9)), most=1) == "2026-02-27 and 8 more"
    )
