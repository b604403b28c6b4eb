"""Repeatable random values: the same parts give the same values in every process and on every machine."""

import random
from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


def seeded_random(*parts: object) -> random.Random:
    """A random generator seeded by these parts."""
    return random.Random(_key(parts))  # noqa: S311 - repeatable on purpose, guards nothing


def random_share(*parts: object) -> float:
    """One value in [0, 1) from these parts; much cheaper than a generator."""
    return int.from_bytes(blake2b(_key(parts).encode(), digest_size=6).digest()) / 2**48


def weighted_choice(rng: random.Random, pairs: Sequence[tuple[T, float]]) -> T:
    """One of the values of the pairs; the second item of a pair is its weight."""
    remaining = rng.random() * sum(weight for _, weight in pairs)
    for value, weight in pairs:
        remaining -= weight
        if remaining < 0:
            return value
    return pairs[-1][0]


def _key(parts: Sequence[object]) -> str:
    return "\x1f".join(map(str, parts))
