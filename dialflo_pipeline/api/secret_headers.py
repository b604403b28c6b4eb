"""Requests that hold the token and do not show it, whoever prints them; httpx itself would hide other headers only."""

from typing import Any

import httpx


class SecretHeaders(httpx.Headers):
    """Headers that tell their names only: one of them is the token."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self)})"


class SecretRequest(httpx.Request):
    """A request with such headers, whichever it was made of."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.headers = SecretHeaders(self.headers)
