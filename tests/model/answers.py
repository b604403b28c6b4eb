"""What the server of the model may answer: documents of every shape, and the faults of the tables of faults."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from tests.support.cases.bodies import BODIES
from tests.support.cases.http_faults import BROKEN, STATUSES, WHOLE, Fault
from tests.support.fault_server import Say
from tests.support.oracle.warehouse import Exchange
from tests.support.varied_calls import Calls, answer

TRIES: Final = 2
ZONE: Final = "UTC"
LARGE_BYTES: Final = 100_000


@dataclass(frozen=True)
class Answer:
    """One answer: what is sent, and what must be kept of it. The body is what it reads as after content decoding."""

    about: str
    say: Say = field(repr=False)
    result: str
    status: int | None
    body: bytes | None = field(repr=False)

    @property
    def is_tried_again(self) -> bool:
        return self.result in ("trouble", "garbage")


def said(answers: Sequence[Answer]) -> list[Answer]:
    """What one asking is told by a server that gives these, the last of them again and again."""
    told: list[Answer] = []
    while not told or (told[-1].is_tried_again and len(told) < TRIES):
        told.append(answers[min(len(told), len(answers) - 1)])
    return told


def document(seed: int) -> Answer:
    """A usable answer, or one that has only odd elements; the same for the same seed."""
    dice = Random(seed)
    # Calls lie up to 80 hours after their day, and none in the future.
    day = datetime.now(UTC) - timedelta(days=4 + dice.randrange(9))
    reply = answer(Calls(dice, ZONE, day.replace(hour=12, minute=0)))
    status, body = reply.exchange_parts
    result = Exchange(datetime.now(UTC), status, body).result
    return Answer(f"document {seed}", Say(200, reply.body, dict(reply.headers)), result, status, body)


def always(status: int) -> Answer:
    """What an API says to everybody."""
    result = "unauthorized" if status == 401 else "trouble"
    return Answer(f"{status} to all", Say(status, b"{}"), result, status, b"{}")


def _of_fault(fault: Fault) -> Answer:
    return Answer(fault.name, fault.say, fault.result, fault.status, fault.seen)


# One that ends its asking though others would be tried again may end all others' as well: `test_sync_through_faults`.
FAULTS: Final = [_of_fault(fault) for fault in (*STATUSES, *WHOLE, *BROKEN) if not fault.is_last_word]
ODD_BODIES: Final = [
    Answer(f"a body: {body.name}", Say(200, body.body), body.result, 200, body.body)
    for body in BODIES
    if len(body.body) < LARGE_BYTES
]
KINDS: Final[dict[str, Callable[[Random], list[Answer]]]] = {
    "another document": lambda dice: [document(dice.getrandbits(32))],
    "a fault until it is healed": lambda dice: [dice.choice(FAULTS)],
    "a fault, then a document": lambda dice: [dice.choice(FAULTS), document(dice.getrandbits(32))],
    "an odd body": lambda dice: [dice.choice(ODD_BODIES)],
}
