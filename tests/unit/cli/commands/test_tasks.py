"""`dialflo tasks add` and `dialflo status`: what they say about files as people have them."""

import json
from datetime import UTC, datetime
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from dialflo_pipeline.cli.commands.status import show_status
from dialflo_pipeline.cli.commands.tasks import add
from dialflo_pipeline.core.settings import load_settings
from dialflo_pipeline.extract.task_ids.files.formats import Format
from dialflo_pipeline.extract.task_ids.inbox import Clock, read_inbox
from dialflo_pipeline.lake.data_dir import DataDir
from tests.support.workbook import workbook


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataDir:
    monkeypatch.setenv("DIALFLO_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return DataDir(tmp_path / "data")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("ids.csv", "Titel\n\nTask ID;Näme\na;x\n".encode("cp1252")),
        ("ids.csv", b"sep=|\ntask_id|n\na|x\n"),
        ("ids.tsv", "task_id,n\na,x\n".encode("utf-16")),
        ("ids.xlsx", workbook([["Title"], ["TASK_ID", "n"], ["a", "x"]])),
    ],
)
@pytest.mark.parametrize("is_stdin", [False, True])
@pytest.mark.usefixtures("data")
def test_files_as_people_have_them_register_from_a_file_and_from_standard_input(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    content: bytes,
    is_stdin: bool,
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    if is_stdin:
        monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(content)))
        code = add(["-"], Format(path.suffix[1:]), None)
    else:
        code = add([str(path)], None, None)
    said = capsys.readouterr()
    assert (code, said.out) == (0, "registered 1, already known 0, refused 0\n")
    assert "1 id has neither completed_at nor call_date and counts for today." in said.err
    assert ("is the header; 1 row above it skipped." in said.err) == (b"Tit" in content or name == "ids.xlsx")
    assert ("read as Windows-1252" in said.err) == (b"N\xe4me" in content)


@pytest.mark.usefixtures("data")
def test_refused_rows_and_files_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, content in (("a.csv", "task_id\na\nb/c\n"), ("b.csv", "task_id;x|completed_at\n")):
        (tmp_path / name).write_text(content)
    assert add([str(tmp_path / "a.csv"), str(tmp_path / "b.csv")], None, None) == 1
    said = capsys.readouterr()
    assert said.out == "registered 1, already known 0, refused 1\n"
    assert "a.csv, line 3: the id must be" in said.err
    assert "the header can be split at a semicolon and a bar (seen: task_id, x|completed_at)" in said.err


def test_status_mentions_refused_rows_until_their_list_is_deleted(
    data: DataDir, capsys: pytest.CaptureFixture[str]
) -> None:
    data.inbox.mkdir(parents=True)
    (data.inbox / "ids.csv").write_text("task_id\na\nb/c\n")
    seconds = iter(range(1_000))
    clock = Clock(lambda: float(next(seconds)), lambda _: None)
    now, zone = datetime.now(UTC), load_settings().zone
    read_inbox(data.inbox, data.registration_lake, now, zone, work_dir=data.work, clock=clock)
    listed = data.inbox / "done" / "ids.csv.refused.csv"
    for _ in range(2):
        assert show_status(as_json=False) == 0
        assert f"task files with refused rows: 1; the newest list is {listed}" in capsys.readouterr().err
    show_status(as_json=True)
    assert json.loads(capsys.readouterr().out)["refused_rows"] == [str(listed)]
    listed.unlink()
    show_status(as_json=False)
    assert "refused" not in capsys.readouterr().err
