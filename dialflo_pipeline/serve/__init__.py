"""Stage 6: readers of the published file."""
