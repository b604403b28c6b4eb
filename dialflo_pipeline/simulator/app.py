"""The HTTP side: `GET /call_details/<task_id>` with the documented header, errors as `{"detail": …}`.

A `ResponseBodies` function gives the bodies; this module checks the token and adds rate limit, latency and errors.
"""

import asyncio
import hmac
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from dialflo_pipeline.simulator.campaign import campaign
from dialflo_pipeline.simulator.documents import document, unsettled_response_count
from dialflo_pipeline.simulator.options import SimulatorOptions
from dialflo_pipeline.simulator.rate_limiter import RateLimiter
from dialflo_pipeline.simulator.seeded_random import random_share, seeded_random

ResponseBodies = Callable[[str, int], bytes | None]
"""Takes a task id and how many responses it had before; gives the body, or None for an unknown id."""


def build_app(options: SimulatorOptions) -> Starlette:
    """The application. It computes the campaign, which takes a moment if it is large."""
    answers = campaign_bodies(options) if options.documents is None else folder_bodies(options.documents)
    return Starlette(
        routes=[Route("/call_details/{task_id}", CallDetails(options, answers), methods=["GET"])],
        exception_handlers={HTTPException: _http_error},
    )


def campaign_bodies(options: SimulatorOptions) -> ResponseBodies:
    """Bodies from the simulated campaign."""
    tasks = {task.task_id: task for task in campaign(options)}

    def answer(task_id: str, earlier_responses: int) -> bytes | None:
        task = tasks.get(task_id)
        if task is None:
            return None
        settled = earlier_responses >= unsettled_response_count(task, options)
        return orjson.dumps(document(task, options.seed, settled=settled))

    return answer


def folder_bodies(folder: Path) -> ResponseBodies:
    """Bodies from the files `<task_id>.json` of a folder, byte for byte, read at each request."""

    def answer(task_id: str, earlier_responses: int) -> bytes | None:
        if not task_id.replace("-", "").replace("_", "").isalnum():
            return None
        try:
            return (folder / f"{task_id}.json").read_bytes()
        except FileNotFoundError:
            return None

    return answer


class CallDetails:
    """The one endpoint, as a bare ASGI application: a benchmark must measure its client, not this."""

    def __init__(self, options: SimulatorOptions, answers: ResponseBodies) -> None:
        self._options = options
        self._answers = answers
        self._authorisation = f"Bearer {options.token}".encode()
        self._throttle = RateLimiter(options.rate_limit, options.rate_burst)
        self._latency = seeded_random(options.seed, "latency")
        self._requests: Counter[str] = Counter()
        self._answered: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        response = self._refusal(dict(scope["headers"]))
        if response is None:
            if self._options.latency_seconds:
                await asyncio.sleep(self._delay_seconds())
            response = self._answer(scope["path_params"]["task_id"])
        await response(scope, receive, send)

    def _refusal(self, headers: dict[bytes, bytes]) -> Response | None:
        if not hmac.compare_digest(headers.get(b"auth_token", b""), self._authorisation):
            return _detail(401, "Invalid or missing auth_token")
        if wait := self._throttle.wait_seconds(time.monotonic()):
            return _detail(429, "Rate limit exceeded", {"Retry-After": str(int(wait) + 1)})
        return None

    def _answer(self, task_id: str) -> Response:
        self._requests[task_id] += 1
        if self._fails(task_id):
            return _detail(500, {"message": "Something went wrong"})
        body = self._answers(task_id, self._answered[task_id])
        if body is None:
            return _detail(404, "Call details not found")
        self._answered[task_id] += 1
        return Response(body, media_type="application/json")

    def _fails(self, task_id: str) -> bool:
        share = self._options.error_share
        return share > 0 and random_share(self._options.seed, "error", task_id, self._requests[task_id]) < share

    def _delay_seconds(self) -> float:
        sigma = self._options.latency_jitter
        # Shifted so that the mean, not the median, is what was asked for.
        return self._options.latency_seconds * self._latency.lognormvariate(-sigma * sigma / 2, sigma)


def _detail(status: int, detail: object, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps({"detail": detail}), status, headers, "application/json")


async def _http_error(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    return _detail(error.status_code, error.detail, dict(error.headers or {}))
