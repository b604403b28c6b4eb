"""Files that survive a kill: atomic writes, locks, Parquet and DuckDB files. Knows no table's meaning."""
