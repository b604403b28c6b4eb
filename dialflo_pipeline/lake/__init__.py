"""The lake: what is on disk, and what it says of each day and task."""
