"""Stage 1: task ids and API responses in."""
