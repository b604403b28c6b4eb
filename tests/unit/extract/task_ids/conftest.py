from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dialflo_pipeline.extract.task_ids.files.formats import Format
from dialflo_pipeline.extract.task_ids.files.reader import TaskFile, read
from dialflo_pipeline.extract.task_ids.row_validation import Refused, TaskRow

ReadAll = Callable[..., tuple[list[TaskRow], list[Refused]]]


@pytest.fixture
def zone() -> ZoneInfo:
    return ZoneInfo("Asia/Kolkata")


@pytest.fixture
def read_all(zone: ZoneInfo, tmp_path: Path) -> ReadAll:
    """Read content as a file of the given format; the accepted and the refused rows."""

    def _read_all(
        content: str | bytes, file_format: str = "csv", column: str | None = None
    ) -> tuple[list[TaskRow], list[Refused]]:
        path = tmp_path / f"ids.{file_format}"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        task_file = read(path, None, column, zone)
        return list(task_file), task_file.refused.first

    return _read_all


@pytest.fixture
def read_stream(zone: ZoneInfo) -> Callable[..., TaskFile]:
    def _read_stream(content: bytes, file_format: Format | None = None, column: str | None = None) -> TaskFile:
        return read(BytesIO(content), file_format, column, zone)

    return _read_stream


@pytest.fixture
def ids() -> Callable[[list[TaskRow]], list[str]]:
    def _ids(rows: list[TaskRow]) -> list[str]:
        return [row.task_id for row in rows]

    return _ids


@pytest.fixture
def write_parquet(tmp_path: Path) -> Callable[..., Path]:
    """Write columns (pyarrow arrays or lists) to a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    def _write(columns: dict[str, Any], **options: Any) -> Path:
        path = tmp_path / "ids.parquet"
        pq.write_table(pa.table(columns), path, **options)
        return path

    return _write
