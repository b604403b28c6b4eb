"""Dialflo AI voice calls in a DuckDB warehouse: fetched, typed, analysed and published."""

__version__ = "0.1.0"
