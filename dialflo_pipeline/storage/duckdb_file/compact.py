"""Giving back the space that a DuckDB file no longer needs: one that is changed again and again keeps free blocks.

They are filled again by later changes, so a file does not grow without end; it levels off at up to about twice the size
that its content needs. Copying the content into a new file takes far longer than copying the file, so it is done
only when much of it is free.
"""

from pathlib import Path

import duckdb

from dialflo_pipeline.storage.atomic_write import write_atomically
from dialflo_pipeline.storage.duckdb_file.connection import BLOCK_BYTES, STORAGE_VERSION, connect

FREE_SHARE = 1 / 3
"""Free blocks of all. What one sync rewrites is free after it, so a lower bound might ask for a new file each time."""
LITTLE_BYTES = 8 * 1024**2
"""Free space that is not worth the while, whatever its share."""


def is_bloated(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether so much of the file is free, as of its last checkpoint, that it should be compacted."""
    total, free, block_bytes = _blocks(connection)
    return free * block_bytes > LITTLE_BYTES and free >= FREE_SHARE * total


def compact(path: Path, aside: Path) -> None:
    """Put a file of the same content without free space in its place, in one step; nobody may have `path` open.

    `aside` is a folder on the same disk for the new file while it is not whole.
    """
    with write_atomically(path, aside) as unfinished, connect(path, read_only=True) as connection:
        quoted = str(unfinished).replace("'", "''")
        connection.execute(
            f"ATTACH '{quoted}' AS compacted (STORAGE_VERSION '{STORAGE_VERSION}', BLOCK_SIZE {BLOCK_BYTES})"
        )
        # One thread: several would make small row groups, which take twice the space.
        connection.execute("SET threads = 1")
        connection.execute("COPY FROM DATABASE warehouse TO compacted")
        connection.execute("CHECKPOINT compacted")  # which tells of a full disk, where detaching keeps it to itself
        connection.execute("DETACH compacted")


def _blocks(connection: duckdb.DuckDBPyConnection) -> tuple[int, int, int]:
    """All blocks, those of them that are free, and the bytes of one."""
    row = connection.execute(
        "SELECT total_blocks, free_blocks, block_size FROM pragma_database_size()"
        " WHERE database_name = current_database()"
    ).fetchone()
    total, free, block_bytes = row or (0, 0, 0)
    return int(total), int(free), int(block_bytes)
