"""Dagster's services on this machine: home, working directory, web server, what `doctor` reports."""
