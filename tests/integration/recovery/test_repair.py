"""Damage to real files, found and mended in place; the same rows afterwards as if it had never been."""

import hashlib
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dialflo_pipeline import pipeline as refresh
from dialflo_pipeline.core.errors import DamagedFile
from dialflo_pipeline.core.schema import CALLS, RAW_ANSWERS, TASK_IDS, TASKS, WAREHOUSE_TABLES, Table
from dialflo_pipeline.flatten.days import flatten_days
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.lake.partitions import survey
from dialflo_pipeline.lake.settings import LakeSettings
from dialflo_pipeline.lake.store import Lake
from dialflo_pipeline.marts.settings import MartSettings
from dialflo_pipeline.recovery.file_stats import FILE_STATS
from dialflo_pipeline.recovery.inspect import examine
from dialflo_pipeline.recovery.quarantine import Finding
from dialflo_pipeline.recovery.repair import Recovery
from dialflo_pipeline.recovery.task_ids import recover
from dialflo_pipeline.storage.duckdb_file.connection import log_of

pytestmark = pytest.mark.usefixtures("few_marts")

DAYS = (date(2024, 5, 1), date(2024, 5, 2))
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
RULES = LakeSettings("UTC", timedelta(hours=24))
MARTS = MartSettings("UTC", 3, 30.0)
IDS = {day: [f"{day}-{number}" for number in range(6)] for day in DAYS}

Rows = dict[str, list[tuple[Any, ...]]]


def _body(task_id: str) -> bytes:
    return f'[{{"call_status": "ANSWERED", "to_number": "9174000{task_id[-1]}", "agent_name": "A"}}]'.encode()


def _answers(day: date, ids: list[str]) -> pl.DataFrame:
    plain = dict.fromkeys(RAW_ANSWERS.columns) | {
        "call_date": day,
        "attempt": 1,
        "is_last": True,
        "requested_at": NOON,
        "received_at": NOON,
        "status": 200,
        "result": "usable",
        "is_complete": True,
        "stopped_run": False,
        "source": "api",
    }
    rows = [
        plain
        | {"task_id": each, "asking_id": f"1-{each}", "body": _body(each)}
        | {"body_sha256": hashlib.sha256(_body(each)).hexdigest(), "body_bytes": len(_body(each))}
        for each in ids
    ]
    return pl.DataFrame(rows, schema=RAW_ANSWERS.frame_schema)


def _registered(day: date, ids: list[str]) -> pl.DataFrame:
    rows = [(each, day, NOON, NOON, f'{{"of": "{each}"}}') for each in ids]
    return pl.DataFrame(rows, schema=TASK_IDS.frame_schema, orient="row")


class Site:
    """A data folder, and what a run does with it; asking for an id is putting its answer on record."""

    def __init__(self, root: Path) -> None:
        self.space = DataDir(root)
        self.lake: Lake = self.space.lake
        self.findings: list[Finding] = []

    def begin(self) -> None:
        """Register, and run for the first time."""
        for day, ids in IDS.items():
            self.lake.append(TASK_IDS, _registered(day, ids[:4]), day)
            self.lake.append(TASK_IDS, _registered(day, ids[4:]), day)
        self.run()

    def mender(self) -> Recovery:
        return Recovery(self.space, RULES, MARTS, ZoneInfo("UTC"), self.findings.append)

    def run(self) -> None:
        """Inspect, ask what is pending, derive, load, build, publish, note: a whole run."""
        mender = self.mender()
        mender.inspect()
        for _ in range(2):
            mender.retry_after_repair(self._derive_and_ask)
        mender.retry_after_repair(lambda: refresh.load_warehouse(self.space, survey(self.lake, RULES)))
        mender.retry_after_repair(lambda: refresh.build_marts(self.space, MARTS))
        refresh.publish_warehouse(self.space)
        mender.note()

    def _derive_and_ask(self) -> None:
        list(flatten_days(self.lake, [each.day for each in survey(self.lake, RULES) if not each.is_current], RULES))
        for day in self.lake.days(TASK_IDS):
            pending = self.lake.read(TASKS, day).filter(pl.col("state") == "pending")["task_id"].to_list()
            if pending:
                self.lake.append(RAW_ANSWERS, _answers(day, pending), day)

    def rows(self) -> Rows:
        """All rows for readers."""
        names = [f"main.{table.name}" for table in WAREHOUSE_TABLES] + ["marts.answer_rate"]
        with duckdb.connect(str(self.space.published), read_only=True) as connection:
            return {name: connection.execute(f"FROM {name} ORDER BY ALL").fetchall() for name in names}

    def file(self, kind: str) -> Path:
        """One file of a kind."""
        if kind in ("private", "published"):
            return self.space.private if kind == "private" else self.space.published
        return sorted((self.lake.root / kind).rglob("*.parquet"))[0]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path)
    site.begin()
    return site


def _dice(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - no secret


def _flip(path: Path, dice: random.Random) -> None:
    content = bytearray(path.read_bytes())
    content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
    path.write_bytes(content)


KINDS = ("task_ids", "raw_answers", *(table.name for table in WAREHOUSE_TABLES), "private", "published")
DAMAGES: dict[str, Callable[[Path, random.Random], object]] = {
    "a bit flipped": _flip,
    "cut off": lambda path, dice: os.truncate(path, dice.randrange(1, path.stat().st_size)),
    "something else": lambda path, dice: path.write_bytes(dice.randbytes(1_000)),
}


@pytest.mark.parametrize(
    ("kind", "damage"),
    [
        # Each kind with one damage in `make test`, with all of them in `make test-all`.
        pytest.param(kind, damage, marks=[] if (place - number) % len(DAMAGES) == 0 else pytest.mark.exhaustive)
        for place, kind in enumerate(KINDS)
        for number, damage in enumerate(DAMAGES)
    ],
)
def test_any_damage_to_any_file_is_named_and_mended_in_the_next_run(site: Site, kind: str, damage: str) -> None:
    before, path = site.rows(), site.file(kind)
    DAMAGES[damage](path, _dice(list(DAMAGES).index(damage)))
    assert [found.path for found in examine(site.space)] == [path]
    site.run()
    assert [finding.path for finding in site.findings] == [path]
    assert not any(finding.is_lost for finding in site.findings)
    assert site.rows() == before
    assert list(examine(site.space)) == []
    site.findings.clear()
    site.run()
    assert site.findings == []


def test_damage_to_many_files_at_once_is_mended(site: Site) -> None:
    before, dice = site.rows(), _dice(7)
    paths = [site.file(kind) for kind in KINDS]
    for path in paths:
        _flip(path, dice)
    site.run()
    assert {finding.path for finding in site.findings} == {*paths}
    assert site.rows() == before


def _swap(site: Site, kind: str) -> list[Path]:
    """Each of two days has the other's file."""
    one, other = (sorted((site.lake.root / kind / f"call_date={day}").iterdir())[0] for day in DAYS)
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)
    return [one, other]


@pytest.mark.parametrize("kind", ["task_ids", "raw_answers", *(table.name for table in WAREHOUSE_TABLES)])
def test_files_of_two_days_that_took_each_others_place_are_named_and_mended(site: Site, kind: str) -> None:
    before = site.rows()
    swapped = _swap(site, kind)
    site.run()
    assert [finding.path for finding in site.findings] == swapped
    assert all(finding.found.startswith(f"belongs below {kind}/call_date=") for finding in site.findings)
    assert site.rows() == before


def test_a_copy_of_registered_ids_on_another_day_registers_none_there(site: Site) -> None:
    before, (day, other) = site.rows(), DAYS
    first = site.lake.files(TASK_IDS, day)[0]
    for copied_to in (other, date(2024, 6, 1)):
        folder = site.lake.root / "task_ids" / f"call_date={copied_to}"
        folder.mkdir(exist_ok=True)
        shutil.copy(first, folder / "copy.parquet")
    site.run()
    assert [finding.is_lost for finding in site.findings] == [False, False]
    assert "all its ids are also in other files" in str(site.findings[0])
    assert site.rows() == before


@pytest.mark.parametrize("table", [TASK_IDS, RAW_ANSWERS], ids=lambda table: table.name)
def test_copies_of_a_days_raw_files_beside_them_change_nothing(site: Site, table: Table) -> None:
    before = site.rows()
    for path in site.lake.files(table, DAYS[0]):
        shutil.copy(path, path.with_name(f"copy-of-{path.name}"))
    site.run()
    assert site.rows() == before


def test_a_pipe_in_the_lake_is_not_waited_for(site: Site) -> None:
    before = site.rows()
    os.mkfifo(site.file("raw_answers").with_name("pipe.parquet"))
    site.file("calls").unlink()
    os.mkfifo(site.lake.file(CALLS, DAYS[0]))
    site.run()
    assert site.rows() == before


@pytest.mark.parametrize("target", ["link.parquet", "nowhere.parquet"])
def test_links_in_the_lake_that_lead_to_no_file_are_left_alone(site: Site, target: str) -> None:
    before = site.rows()
    for table in ("task_ids", "raw_answers", "calls"):
        site.file(table).with_name("link.parquet").symlink_to(target)
    site.file("calls").unlink()
    site.lake.file(CALLS, DAYS[0]).symlink_to("calls.parquet")
    site.run()
    assert site.rows() == before


def test_folders_above_the_lake_may_have_names_like_those_of_partitions(tmp_path: Path) -> None:
    site = Site(tmp_path / "agent_name=other" / "call_date=2020-01-01" / "source=x")
    site.begin()
    assert {row[0] for row in site.rows()["main.calls"]} == {each for ids in IDS.values() for each in ids}
    with duckdb.connect(str(site.space.published), read_only=True) as connection:
        found = connection.execute("SELECT DISTINCT agent_name, source, call_date FROM calls ORDER BY ALL").fetchall()
    assert found == [("A", "api", day) for day in DAYS]


CHANGE = """
import duckdb, os, sys
connection = duckdb.connect(sys.argv[1])
connection.execute("DELETE FROM main.calls")
if sys.argv[2] == "kill":
    os._exit(9)
connection.close()
"""


@pytest.mark.parametrize("end", ["kill", "close"])
def test_what_another_program_did_to_the_published_file_is_undone_and_reported_once(site: Site, end: str) -> None:
    before, published = site.rows(), site.space.published
    published.chmod(0o644)
    subprocess.run([sys.executable, "-c", CHANGE, str(published), end], check=False)
    assert log_of(published).exists() is (end == "kill")
    assert site.rows() != before
    site.run()
    assert [finding.path for finding in site.findings] == [published]
    assert "another program" in str(site.findings[0])
    assert not log_of(published).exists()
    assert published.stat().st_mode & 0o222 == 0
    assert site.rows() == before
    site.run()
    assert len(site.findings) == 1


def test_a_log_that_is_not_duckdbs_is_discarded(site: Site) -> None:
    before = site.rows()
    log_of(site.space.published).write_bytes(b"not a log")
    site.run()
    assert site.rows() == before
    assert len(site.findings) == 1


def test_a_stray_log_is_discarded_even_where_nothing_can_be_published(site: Site) -> None:
    before = site.rows()
    log_of(site.space.published).write_bytes(b"not a log")
    site.space.private.unlink()
    site.mender().inspect()
    assert site.rows() == before


def test_raw_files_are_set_aside_and_nothing_of_them_is_deleted(site: Site) -> None:
    contents = []
    for kind in ("task_ids", "raw_answers"):
        _flip(site.file(kind), _dice(1))
        contents.append(site.file(kind).read_bytes())
    site.run()
    kept = [path.read_bytes() for path in site.space.quarantine.rglob("*.parquet")]
    assert sorted(kept) == sorted(contents)


def test_only_the_rows_whose_bodies_are_others_are_left_out(site: Site) -> None:
    before, path = site.rows(), site.file("raw_answers")
    table = pq.read_table(path, partitioning=None)
    bodies = [
        b"[{}]" if task_id.endswith("-3") else body
        for task_id, body in zip(table["task_id"].to_pylist(), table["body"].to_pylist(), strict=True)
    ]
    place = table.schema.get_field_index("body")
    field = table.schema.field(place)
    pq.write_table(table.set_column(place, field, pa.array(bodies, field.type)), path)
    site.mender().inspect()
    (finding,) = site.findings
    assert "1 answer that did not come so" in str(finding)
    answered = {day: site.lake.read(RAW_ANSWERS, day)["task_id"].to_list() for day in DAYS}
    assert answered == {DAYS[0]: [each for each in IDS[DAYS[0]] if not each.endswith("-3")], DAYS[1]: IDS[DAYS[1]]}
    site.run()
    assert site.rows() == before


def test_bodies_are_compared_whenever_days_are_derived(site: Site) -> None:
    frame = _answers(DAYS[0], IDS[DAYS[0]][:1]).with_columns(body=pl.lit(b"[{}]"), asking_id=pl.lit("2"))
    site.lake.append(RAW_ANSWERS, frame, DAYS[0])
    with pytest.raises(DamagedFile, match="body_sha256"):
        list(flatten_days(site.lake, DAYS, RULES))


def test_damage_that_no_size_or_time_tells_of_is_found_by_a_load_and_mended(site: Site) -> None:
    before = site.rows()
    _flip(site.file(CALLS.name), _dice(3))
    site.space.private.unlink()
    site.mender().note()
    site.run()
    assert [finding.path for finding in site.findings] == [site.file(CALLS.name)]
    assert site.rows() == before


def test_ids_of_which_no_place_holds_a_copy_are_told_as_lost(tmp_path: Path) -> None:
    space, findings = DataDir(tmp_path), list[Finding]()
    path = space.lake.append(TASK_IDS, _registered(DAYS[0], ["a", "b"]), DAYS[0])
    path.write_bytes(b"nothing")
    Recovery(space, RULES, MARTS, ZoneInfo("UTC"), findings.append).inspect()
    assert [finding.is_lost for finding in findings] == [True]
    assert "add the original task files again" in str(findings[0])


def test_ids_are_found_again_in_what_is_left_of_the_file_and_in_the_inbox(tmp_path: Path) -> None:
    space, findings = DataDir(tmp_path), list[Finding]()
    frame = _registered(DAYS[0], ["a", "b"])
    _break_seal(space.lake.append(TASK_IDS, frame, DAYS[0]))
    other = space.lake.append(TASK_IDS, _registered(DAYS[1], ["c"]), DAYS[1])
    other.write_bytes(b"nothing")
    (space.inbox / "done").mkdir(parents=True)
    (space.inbox / "done" / "ids.csv").write_text(f"task_id,call_date\na,{DAYS[0]}\nc,{DAYS[1]}\n")
    Recovery(space, RULES, MARTS, ZoneInfo("UTC"), findings.append).inspect()
    assert space.lake.read(TASK_IDS, DAYS[0]).equals(frame)
    assert space.lake.read(TASK_IDS, DAYS[1])["task_id"].to_list() == ["c"]
    assert [finding.is_lost for finding in findings] == [False, True]


def _break_seal(path: Path) -> None:
    """Of a sealed file: all of it can be read, and nothing vouches for it."""
    content = bytearray(path.read_bytes())
    content[content.rindex(b"dialflo.sha256") + 20] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("kept", ["tasks", "raw_answers"])
def test_ids_are_found_in_what_is_left_of_other_damaged_files(site: Site, kept: str) -> None:
    paths = {kind: site.file(kind) for kind in ("task_ids", "tasks", "raw_answers", "private", "published")}
    ids = set(site.lake.read(TASK_IDS, DAYS[0])["task_id"])
    for kind, path in paths.items():
        _break_seal(path) if kind == kept else path.write_bytes(b"nothing")
    site.mender().inspect()
    assert set(site.lake.read(TASK_IDS, DAYS[0])["task_id"]) == ids


def test_a_warehouse_that_knows_a_day_and_has_lost_its_tasks_vouches_for_nothing(site: Site) -> None:
    for path in (site.space.private, site.space.published):
        with duckdb.connect(path) as connection:
            connection.execute("ALTER TABLE main.tasks RENAME TO lost")
    for kind in ("task_ids", "raw_answers", "tasks"):
        site.file(kind).write_bytes(b"nothing")
    site.mender().inspect()
    (finding,) = (each for each in site.findings if "task_ids" in each.path.parts)
    assert finding.is_lost
    assert "add the original task files again" in str(finding)


@pytest.mark.parametrize("bit", [0x01, 0x80])
def test_no_flipped_bit_in_a_file_of_ids_ends_the_search_for_them(tmp_path: Path, bit: int) -> None:
    space, ids = DataDir(tmp_path), ["a", "b"]
    path = space.lake.append(TASK_IDS, _registered(DAYS[0], ids), DAYS[0])
    sound = path.read_bytes()
    for place in range(0, len(sound), 3):
        path.write_bytes(sound[:place] + bytes([sound[place] ^ bit]) + sound[place + 1 :])
        recover(space.lake, path, DAYS[0], (), space.work)
    path.unlink()
    assert sorted(space.lake.read(TASK_IDS, DAYS[0])["task_id"]) == ids


def test_without_a_note_of_what_was_seen_all_is_read_and_nothing_found(site: Site) -> None:
    (site.space.work / FILE_STATS).write_bytes(b"\xff{")
    site.run()
    assert site.findings == []


def test_a_published_file_that_is_gone_is_made_anew(site: Site) -> None:
    before = site.rows()
    site.space.published.unlink()
    site.run()
    assert site.rows() == before
