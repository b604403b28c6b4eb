"""A port of this machine that nobody uses."""

import socket


def free_port() -> int:
    """Free a moment ago; taken by whoever is asked to serve on it."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
