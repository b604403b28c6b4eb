"""Why a storage that dagster.yaml names cannot be used, in words that quote no address and no password. Pure."""

import re
from pathlib import Path
from typing import Final

SIGNS: Final = {
    "password authentication failed": "PostgreSQL refuses user or password",
    "no password supplied": "PostgreSQL wants a password",
    "does not exist": "PostgreSQL has no such database or user",
    "Connection refused": "no PostgreSQL answers at that host and port",
    "could not translate host name": "the host of PostgreSQL has no address",
    "more than one head": "two programs created its tables together; move it aside, then `dagster instance migrate`",
    "timeout expired": "PostgreSQL does not answer in time",
}
"""Parts of driver messages, and what they mean. Nothing else of a driver message is shown."""


def why_unusable(config: Path, error: BaseException) -> str:
    """What is wrong with the storage, without what its error quotes: that may be an address with a password."""
    chain: list[BaseException] = []
    while error not in chain:
        chain.append(error)
        error = error.__cause__ or error.__context__ or error
    said = " ".join(str(each) for each in chain)
    if any(isinstance(each, ImportError) for each in chain):
        return f"{config} asks for what is not installed here: pip install 'dialflo-pipeline[dagster-postgresql]'"
    if missing := re.search(r'environment variable "(\w+)"', said):
        return f"{config} takes a value from {missing[1]}, which is not set in this environment"
    for sign, meaning in SIGNS.items():
        if sign in said:
            return f"cannot be used: {meaning}"
    return f"cannot be used as {config} has it: {type(chain[-1]).__name__}"
