import errno
import os
from pathlib import Path

import pytest

from dialflo_pipeline.storage.atomic_write import move, write_atomically


def test_a_whole_file_takes_the_place_of_the_old_one_in_one_step(tmp_path: Path) -> None:
    path, aside = tmp_path / "a" / "b" / "file", tmp_path / "aside"
    for text in ("first", "second"):
        with write_atomically(path, aside) as unfinished:
            unfinished.write_text(text)
            assert not path.exists() or path.read_text() == "first"
        assert path.read_text() == text

    def interrupted() -> None:
        with write_atomically(path, aside) as unfinished:
            unfinished.write_text("third")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text() == "second"
    assert list(aside.iterdir()) == []


def test_all_is_synced_in_the_order_that_a_power_cut_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, os.replace

    def synced(descriptor: int) -> None:
        steps.append(os.readlink(f"/proc/self/fd/{descriptor}").removeprefix(str(tmp_path)))
        fsync(descriptor)

    def replaced(source: Path, target: Path) -> None:
        steps.append("rename")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    with write_atomically(tmp_path / "a" / "b" / "file", tmp_path) as unfinished:
        unfinished.write_text("x")
    assert steps == ["/a", "", f"/{unfinished.name}", "rename", "/a/b"]
    steps.clear()
    move(tmp_path / "a" / "b" / "file", tmp_path / "c" / "file")
    assert steps[:2] == ["", "rename"]
    assert sorted(steps[2:]) == ["/a/b", "/c"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_disk_that_does_not_take_a_file_leaves_the_old_one_and_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def full(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", full)
    with (
        pytest.raises(OSError, match=os.strerror(number)) as caught,
        write_atomically(path, tmp_path / "aside") as unfinished,
    ):
        unfinished.write_text("new")
    assert caught.value.filename == str(path)
    assert path.read_text() == "old"
    assert list((tmp_path / "aside").iterdir()) == []
