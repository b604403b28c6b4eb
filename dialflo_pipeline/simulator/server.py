"""Run the simulator in this process until it is stopped."""

import contextlib
import socket
from collections.abc import Callable

import uvicorn

from dialflo_pipeline.core.errors import UsageError
from dialflo_pipeline.simulator.app import build_app
from dialflo_pipeline.simulator.options import SimulatorOptions
from dialflo_pipeline.simulator.process import HOST, RunningSimulator


def serve(options: SimulatorOptions, on_start: Callable[[RunningSimulator], None] = lambda _: None) -> None:
    """Serve on 127.0.0.1 until Ctrl-C, then return; `on_start` gets the address once requests are answered.

    Raises `UsageError` if the port is taken or the documents folder does not exist.
    """
    if options.documents is not None and not options.documents.is_dir():
        raise UsageError(f"{options.documents} is not a folder. Give a folder with <task_id>.json files.")
    with _listening(options.port) as listener, contextlib.suppress(KeyboardInterrupt):
        port = listener.getsockname()[1]
        running = RunningSimulator(f"http://{HOST}:{port}", options.token)
        config = uvicorn.Config(
            build_app(options),
            lifespan="off",
            access_log=False,
            log_config=None,
            proxy_headers=False,
            # Longer than clients keep idle connections, so that none is closed while a request is in flight.
            timeout_keep_alive=75,
            timeout_graceful_shutdown=1,
        )
        _Server(config, lambda: on_start(running)).run(sockets=[listener])


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_start: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_start = on_start

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_start()


def _listening(port: int) -> socket.socket:
    try:
        return socket.create_server((HOST, port), backlog=2048)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UsageError(
            f"Port {port} on {HOST} cannot be used: {reason}. Choose another, or 0 for a free one."
        ) from None
