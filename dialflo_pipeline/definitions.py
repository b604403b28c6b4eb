"""Where Dagster's tools find the project."""

from dialflo_pipeline.defs.build import build_definitions

defs = build_definitions()
