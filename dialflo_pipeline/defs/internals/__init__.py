"""Every name taken from Dagster's private modules, in one place, each with the reason.

Dagster may change these in any release. `tests/unit/defs/internals/` says what to do then.
"""
