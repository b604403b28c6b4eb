"""The vectorised reader: whole columns of raw answers at a time, in DuckDB and polars."""
