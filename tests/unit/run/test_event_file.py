"""The event file: what is appended is read back, the latest of each subject stays, a torn line costs only itself."""

from datetime import date
from pathlib import Path

from dialflo_pipeline.core.errors import TokenRefused
from dialflo_pipeline.run.asset_events import Checked, Materialized
from dialflo_pipeline.run.event_file import EVENT_FILE, RunEnded, append_events, compact_events, read_events

DAY = date(2026, 3, 1)
CALLS = Materialized(("lake", "calls"), {"dagster/row_count": 3}, DAY)
OTHER_DAY = Materialized(("lake", "calls"), {"dagster/row_count": 5}, date(2026, 3, 2))
CHECK = Checked(("marts", "answer_rate"), "grain_unique", True, True, "Nothing found.", {"rows": 0}, (DAY,))
ENDED = RunEnded("sync", 3, "TokenRefused", "refused", "raw_answers", ("2026-03-01",))


def events(work: Path, after: int = 0) -> list[object]:
    return [stored.event for stored in read_events(work, after)]


def test_events_are_read_back_as_they_were_appended(tmp_path: Path) -> None:
    append_events(tmp_path, [CALLS, CHECK])
    append_events(tmp_path, [ENDED])
    assert events(tmp_path) == [CALLS, CHECK, ENDED]


def test_ids_grow_from_append_to_append_and_readers_go_on_after_the_last_one(tmp_path: Path) -> None:
    append_events(tmp_path, [CALLS, CHECK])
    seen = [stored.id for stored in read_events(tmp_path)]
    append_events(tmp_path, [OTHER_DAY])
    assert events(tmp_path, after=seen[-1]) == [OTHER_DAY]
    assert sorted(set(seen)) == seen


def test_ids_grow_also_when_the_clock_is_set_back(tmp_path: Path, monkeypatch: object) -> None:
    append_events(tmp_path, [CALLS])
    line = (tmp_path / EVENT_FILE).read_text().strip()
    ahead = read_events(tmp_path)[0].id + 10**18
    (tmp_path / EVENT_FILE).write_text(line.replace(str(read_events(tmp_path)[0].id), str(ahead)) + "\n")
    append_events(tmp_path, [CHECK])
    assert [stored.id for stored in read_events(tmp_path)] == [ahead, ahead + 1]


def test_the_latest_event_of_each_asset_and_day_is_kept(tmp_path: Path) -> None:
    newer = Materialized(CALLS.asset, {"dagster/row_count": 4}, DAY)
    append_events(tmp_path, [CALLS, OTHER_DAY, CHECK, ENDED])
    append_events(tmp_path, [newer, RunEnded("sync", 0)])
    compact_events(tmp_path, tmp_path / "aside")
    assert events(tmp_path) == [OTHER_DAY, CHECK, newer, RunEnded("sync", 0)]


def test_a_line_cut_off_by_a_kill_costs_only_itself(tmp_path: Path) -> None:
    append_events(tmp_path, [CALLS, CHECK])
    content = (tmp_path / EVENT_FILE).read_bytes()
    (tmp_path / EVENT_FILE).write_bytes(content[:-20])
    append_events(tmp_path, [OTHER_DAY])
    assert events(tmp_path) == [CALLS, OTHER_DAY]


def test_without_a_file_there_are_no_events(tmp_path: Path) -> None:
    assert read_events(tmp_path) == []


def test_only_the_text_of_the_pipelines_own_errors_is_kept() -> None:
    own = RunEnded.of("sync", 3, TokenRefused("The token was refused."), "raw_answers", [DAY, DAY])
    assert own.problem == "dialflo_pipeline.core.errors.TokenRefused: The token was refused."
    assert own.days == ("2026-03-01",)
    other = RunEnded.of("sync", 1, ValueError("+919876543210"), None, [])
    assert other.problem == other.kind == "ValueError"
