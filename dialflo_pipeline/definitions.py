"""Where Dagster's tools find the project."""

from dialflo_pipeline.defs.build import build_definitions
from dialflo_pipeline.defs.deployment.working_directory import go_to_where_it_was_called

go_to_where_it_was_called()
defs = build_definitions()
