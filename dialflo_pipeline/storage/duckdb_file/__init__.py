"""One DuckDB file: open it, verify it, compact it, query it in parallel."""

from dialflo_pipeline.storage.duckdb_file.connection import (
    BLOCK_BYTES,
    MEMORY_LIMIT,
    STORAGE_VERSION,
    allow_most_memory,
    connect,
    connect_read_only,
    examine,
    log_of,
    open_file,
    set_aside,
    set_zone,
    with_memory_for,
)
from dialflo_pipeline.storage.duckdb_file.pool import query_parallel

__all__ = [
    "BLOCK_BYTES",
    "MEMORY_LIMIT",
    "STORAGE_VERSION",
    "allow_most_memory",
    "connect",
    "connect_read_only",
    "examine",
    "log_of",
    "open_file",
    "query_parallel",
    "set_aside",
    "set_zone",
    "with_memory_for",
]
