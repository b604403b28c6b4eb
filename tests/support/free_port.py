"""A port of this machine that nobody uses."""

import random
import socket
from typing import Final

_PORTS: Final = range(20_000, 30_000)
"""Below those that a system hands out by itself: none of these goes to another test's server before it is served on."""


def free_port() -> int:
    """Free a moment ago; taken by whoever is asked to serve on it."""
    for port in random.SystemRandom().sample(_PORTS, len(_PORTS)):
        with socket.socket() as found:
            try:
                found.bind(("127.0.0.1", port))
            except OSError:
                continue  # in use
            return port
    raise AssertionError("every port is in use")
