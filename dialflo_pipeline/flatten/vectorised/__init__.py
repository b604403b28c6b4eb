"""The fast reader of raw answers: whole columns at a time in DuckDB."""
