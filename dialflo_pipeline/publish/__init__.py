"""Stage 5: the published DuckDB file and its publication metadata."""
