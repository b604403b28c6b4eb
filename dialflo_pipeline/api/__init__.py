"""The Dialflo API: one client, what its answers mean, and when a request may be tried again."""
