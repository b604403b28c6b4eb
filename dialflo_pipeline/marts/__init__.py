"""Stage 4: the SQL models, built in the private DuckDB file."""
