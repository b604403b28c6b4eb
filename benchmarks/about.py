"""What a reader of figures must know of how they came about: machine, versions, settings."""

import os
import platform
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from benchmarks.contenders import Place, environment
from benchmarks.documents import Shape, documents
from benchmarks.measure import spend
from benchmarks.server import kind

OURS = ("duckdb", "polars", "pyarrow", "httpx", "dagster")
THEIRS = ("dlt", "duckdb", "pyarrow")
SAMPLE = 2_000


def about(place: Place, shape: Shape, runs: int, command: str) -> Mapping[str, Any]:
    """All of it, ready for JSON."""
    theirs = ", ".join(f"{name} {version(name)}" for name in THEIRS[1:])
    return {
        "machine": machine(),
        "server": kind(),
        "versions": {
            "Python": platform.python_version(),
            **_versions(place),
            THEIRS[0]: f"{version(THEIRS[0])} (with {theirs})",
        },
        "shape": asdict(shape),
        "document_bytes": sum(map(len, documents(SAMPLE, shape))) // SAMPLE,
        "runs": runs,
        "command": command,
        "day": datetime.now(UTC).date().isoformat(),
    }


def machine() -> str:
    """Processor, cores, memory and system, in a line."""
    memory = psutil.virtual_memory().total / 2**30
    system = f"{platform.system()} {platform.release()}"
    return f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB of memory, {system}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("ascii", errors="replace").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _versions(place: Place) -> dict[str, str]:
    code = f"import json; from importlib.metadata import version; print(json.dumps({{n: version(n) for n in {OURS}}}))"
    found: dict[str, str] = spend([place.python, "-c", code], environment(place.folder, ""), place.folder).printed_json
    return found
