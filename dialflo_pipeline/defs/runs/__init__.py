"""Runs: which are active, which are ours, whether their process is alive."""
