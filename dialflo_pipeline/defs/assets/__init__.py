"""The assets, one step for each stage."""
