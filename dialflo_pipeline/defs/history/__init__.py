"""Reading and writing Dagster's run history."""
