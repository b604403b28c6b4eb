"""One run over a data folder: the session that holds its lock, and the stages in order. Two drivers use it.

The command line runs `sync.py` in its own process; Dagster's assets call the same functions of `stages.py`.
"""
