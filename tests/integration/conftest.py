"""Fixtures that several rooms need: warehouses of made-up calls, and fetches from a scripted server."""

from tests.support.fetching import call, fetch, say, way
from tests.support.warehouses import build, make_call, missed, read, same_rows

__all__ = ["build", "call", "fetch", "make_call", "missed", "read", "same_rows", "say", "way"]
