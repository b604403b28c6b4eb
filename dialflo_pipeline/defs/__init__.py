"""Everything that knows Dagster: assets over the core's functions, and what runs them."""
