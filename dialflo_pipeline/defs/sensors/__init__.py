"""What starts runs and notifies people."""
