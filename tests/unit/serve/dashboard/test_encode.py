"""How rows travel in the page."""

import re
from datetime import UTC, date, datetime

import polars as pl

from dialflo_pipeline.serve.dashboard.encode import pack_frame, packed, unpacked

FRAME = pl.DataFrame(
    {
        "day": [date(1970, 1, 2), date(2024, 5, 1), date(1969, 12, 31)],
        "at": [datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC), None, datetime(2024, 5, 1, tzinfo=UTC)],
        "name": ["b", None, "b"],
        "is_so": [True, None, False],
        "count": [3, 2, None],
        "share": [0.5, None, 1.0],
    }
)


def test_each_column_is_packed_by_its_type() -> None:
    assert pack_frame(FRAME) == {
        "rows": 3,
        "columns": {
            "day": {"at": [1, 19844, -1]},
            "at": {"at": [1_500, None, 1_714_521_600_000]},
            "name": {"of": ["b", None], "at": [0, 1, 0]},
            "is_so": {"of": [False, True], "at": [1, None, 0]},
            "count": {"at": [3, 2, None]},
            "share": {"at": [0.5, None, 1.0]},
        },
    }


def test_what_was_packed_comes_out_again() -> None:
    content = unpacked(packed({"one": FRAME}, {"is_masked": True}))
    assert content == {"about": {"is_masked": True}, "tables": {"one": pack_frame(FRAME)}}


def test_the_packed_text_has_no_letter_that_html_or_a_script_could_take_for_its_own() -> None:
    hostile = FRAME.with_columns(pl.lit("</script><!--<script>{{STATE}}\"'&\u2028").alias("name"))
    assert re.fullmatch(r"[A-Za-z0-9+/=]+", packed({"one": hostile}, {}))


def test_the_same_rows_are_packed_into_the_same_text() -> None:
    assert packed({"one": FRAME}, {}) == packed({"one": FRAME.clone()}, {})
