"""Whether a server can listen on a port, and which process has it if not."""

import socket
from collections.abc import Iterator

from dialflo_pipeline.cli.processes import PROC, command_of, open_in, other_processes
from dialflo_pipeline.core.errors import UsageError

_LISTENING = "0A"
"""The state of a listening socket in /proc/net/tcp."""


def require_free_port(host: str, port: int) -> None:
    """Raise `UsageError` unless a server could listen on this address now; port 0 is always free."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        socket.create_server(address, family=family).close()
    except OSError as error:
        reason = (error.strerror or type(error).__name__).partition(" (while")[0]  # Python adds the address
        raise UsageError(
            f"Port {port} on {host} cannot be used: {reason}{_used_by(port)}. Choose another port with --port."
        ) from None


def _used_by(port: int) -> str:
    names = [f"{command_of(pid)} (process {pid})" for pid in listeners(port)]
    return f", by {', '.join(names)}" if names else ""


def listeners(port: int) -> list[int]:
    """The processes that listen on a port, as far as this user may see (Linux only)."""
    sockets = {f"socket:[{inode}]" for inode in _inodes(port)}
    return sorted(pid for pid in other_processes() if sockets & set(open_in(pid))) if sockets else []


def _inodes(port: int) -> Iterator[str]:
    for table in ("tcp", "tcp6"):
        try:
            lines = (PROC / "net" / table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for fields in map(str.split, lines):
            if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                yield fields[9]
