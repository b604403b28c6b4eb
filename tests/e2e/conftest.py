"""The command `dialflo` over a data folder of the test."""

from tests.support.command import dialflo

__all__ = ["dialflo"]
