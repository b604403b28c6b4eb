"""Task-id files: one reader a format."""
