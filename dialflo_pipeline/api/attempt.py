"""One attempt: a request, and the response or error that ended it."""

from dataclasses import dataclass
from datetime import datetime

from dialflo_pipeline.core.classify import Classification
from dialflo_pipeline.core.schema import Result


@dataclass(frozen=True)
class Attempt:
    """One request of a fetch and its outcome; times in UTC, sizes in bytes."""

    task_id: str
    asking_id: str
    attempt: int
    requested_at: datetime
    received_at: datetime
    verdict: Classification
    status: int | None = None
    body: bytes | None = None
    body_bytes: int | None = None
    body_sha256: str | None = None
    retry_after_seconds: float = 0.0

    @property
    def result(self) -> Result:
        """The outcome."""
        return self.verdict.result
