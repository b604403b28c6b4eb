"""Measuring the pipeline beside dlt and beside floors; nothing here is part of the package or of its tests.

The command (`python -m benchmarks`) and dlt run in an environment of their own, the pipeline in its own; both are
reached as processes. So `ours.py` and `frames.py` may import the package, `dlt_pipeline.py` may import dlt, and all
other modules import neither.
"""
