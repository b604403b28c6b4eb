"""The command, and fetches from the scripted server in each way."""

from tests.support.command import dialflo
from tests.support.fetching import fetch, way

__all__ = ["dialflo", "fetch", "way"]
