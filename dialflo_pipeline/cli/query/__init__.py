"""`dialflo query`."""
