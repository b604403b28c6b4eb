"""Stage 3: the lake's Parquet files into the private DuckDB file."""
