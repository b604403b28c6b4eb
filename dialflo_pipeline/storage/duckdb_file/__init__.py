"""One DuckDB file: opened, checked, compacted, read in parallel."""
