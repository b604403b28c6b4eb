"""What the doctor says of what every command needs."""

from pathlib import Path

from dialflo_pipeline.cli.doctor.basics import examine_basics
from dialflo_pipeline.core.diagnostics import Finding
from dialflo_pipeline.core.settings import Settings


def mappings(data: Path) -> Finding:
    settings = Settings(data_dir=data)
    return next(finding for finding in examine_basics(settings) if finding.what == "mappings")


def test_mappings_of_words_are_counted_and_wrong_rows_named(tmp_path: Path) -> None:
    assert mappings(tmp_path).found == "built-in mappings only"
    (tmp_path / "seeds").mkdir()
    path = tmp_path / "seeds" / "actions.csv"
    path.write_text("action,meaning\nVISIT,convert\n", encoding="utf-8")
    assert mappings(tmp_path) == Finding("mappings", f"words of your own in {tmp_path / 'seeds'}: 1")
    path.write_text("action,meaning\nVISIT,sale\n", encoding="utf-8")
    assert mappings(tmp_path).is_well is False
    assert "line 2: meaning must be one of" in mappings(tmp_path).found
