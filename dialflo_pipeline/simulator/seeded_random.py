"""Repeatable chance: the same parts give the same throws in every process and on every machine."""

import random
from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


def dice(*parts: object) -> random.Random:
    """A generator that these parts alone decide."""
    return random.Random(_key(parts))  # noqa: S311 - repeatable on purpose, guards nothing


def chance(*parts: object) -> float:
    """One throw in [0, 1) that these parts alone decide; much cheaper than a generator for one."""
    return int.from_bytes(blake2b(_key(parts).encode(), digest_size=6).digest()) / 2**48


def weighted(rng: random.Random, pairs: Sequence[tuple[T, float]]) -> T:
    """One of the first halves, the second halves being weights."""
    throw = rng.random() * sum(weight for _, weight in pairs)
    for value, weight in pairs:
        throw -= weight
        if throw < 0:
            return value
    return pairs[-1][0]


def _key(parts: Sequence[object]) -> str:
    return "\x1f".join(map(str, parts))
