"""Settings, token, API, the run lock, the published file, versions."""

import platform
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from dialflo_pipeline.api.client import open_client
from dialflo_pipeline.cli.doctor.open_files import open_files
from dialflo_pipeline.cli.processes import command_of
from dialflo_pipeline.core.diagnostics import Finding
from dialflo_pipeline.core.env_file import find_env_file
from dialflo_pipeline.core.errors import (
    DialfloError,
    SettingsError,
    TaskSourceDown,
    TaskSourceError,
    TransientError,
    TransportError,
)
from dialflo_pipeline.core.seeds import read_words
from dialflo_pipeline.core.settings import Settings
from dialflo_pipeline.core.signals import run_async
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.publish.protection import has_stray_log
from dialflo_pipeline.publish.publish import read_published
from dialflo_pipeline.recovery.inspect import examine
from dialflo_pipeline.run.time_zone import time_zone_change
from dialflo_pipeline.storage.locks import holder

PACKAGES = ("dialflo-pipeline", "dagster", "duckdb", "polars", "pyarrow", "httpx")
PROBE_ID = "dialflo-doctor"
"""An id that no task has: a 404 shows that the API was reached and took the token."""

MAX_PROBE_SECONDS = 10.0


def examine_basics(settings: Settings) -> Iterator[Finding]:
    """What every command needs."""
    data_dir = DataDir(settings.data_dir)
    yield Finding("settings", _settings_found(), True)
    yield _mappings(data_dir)
    yield _time_zone(settings, data_dir)
    yield _api(settings)
    yield from _database(settings, data_dir)
    yield _run_lock(data_dir)
    yield _published(data_dir)
    yield _files(data_dir)
    yield _quarantine(data_dir)
    for path, pids in open_files(data_dir.root).items():
        holders = ", ".join(f"{command_of(pid)} (process {pid})" for pid in pids)
        yield Finding(f"open: {path.relative_to(data_dir.root)}", f"by {holders}")
    yield Finding("Python", platform.python_version())
    for package in PACKAGES:
        yield Finding(package, version(package))


def _settings_found() -> str:
    env_file = find_env_file(Path.cwd())
    return f"read from the environment and {env_file}" if env_file else "read from the environment; no .env file"


def _time_zone(settings: Settings, data_dir: DataDir) -> Finding:
    change = time_zone_change(data_dir, settings.timezone)
    return Finding("time zone", change or f"{settings.timezone} (DIALFLO_TIMEZONE), for the days and hours of calls")


def _mappings(data_dir: DataDir) -> Finding:
    """The user's own mappings of words."""
    try:
        words = read_words(data_dir.seeds)
    except SettingsError as error:
        return Finding("mappings", str(error), False)
    own = f"words of your own in {data_dir.seeds}: {len(words)}"
    return Finding("mappings", own if words else "built-in mappings only")


def _api(settings: Settings) -> Finding:
    what = f"API {settings.base_url}"
    if settings.api_token is None:
        return Finding(what, "not checked: DIALFLO_API_TOKEN is not set; live fetches need it", False)
    try:
        status = run_async(_probe(settings))
    except TransportError as error:
        return Finding(what, f"not reached: {error}", False)
    except SettingsError as error:  # of proxies or certificates
        return Finding(what, f"not reached: {error}", False)
    if status == 401:
        return Finding(what, "reached, but it rejects the token in DIALFLO_API_TOKEN", False)
    if status == 404:
        return Finding(what, "reached, HTTP 404 for an unknown id: this proves neither the address nor the token")
    return Finding(what, f"reached; HTTP {status} for an unknown id", status == 200)


async def _probe(settings: Settings) -> int:
    assert settings.api_token is not None  # noqa: S101 - checked by the caller; for the type checker
    async with open_client(settings.base_url, settings.api_token, max_connections=1) as client:
        return (await client.call_details(PROBE_ID, min(settings.timeout_seconds, MAX_PROBE_SECONDS))).status


def _database(settings: Settings, data_dir: DataDir) -> Iterator[Finding]:
    from dialflo_pipeline.extract.task_ids.database.source import examine, source_of

    source = source_of(settings)
    if source is None:
        return
    try:
        yield Finding("database of task ids", examine(source, data_dir), True)
    except (TaskSourceError, TaskSourceDown) as error:
        yield Finding("database of task ids", str(error), False)


def _run_lock(data_dir: DataDir) -> Finding:
    held_by = holder(data_dir.work)
    return Finding("run lock", f"held by {held_by}" if held_by else "free")


def _files(data_dir: DataDir) -> Finding:
    began = time.monotonic()
    try:
        problems = list(examine(data_dir))
    except TransientError as error:
        return Finding("files", f"not fully checked: {error}")
    seconds = time.monotonic() - began
    if not problems:
        return Finding("files", f"lake and warehouse checksums OK ({seconds:.1f} s)", True)
    more = f" And {len(problems) - 1} more." if len(problems) > 1 else ""
    return Finding("files", f"{problems[0]}{more}", False)


def _quarantine(data_dir: DataDir) -> Finding:
    count = sum(path.is_file() for path in data_dir.quarantine.rglob("*"))
    return Finding("quarantine", f"{count} damaged files in {data_dir.quarantine}" if count else "empty")


def _published(data_dir: DataDir) -> Finding:
    if not data_dir.published.exists():
        return Finding("published warehouse", "none yet; `dialflo sync` creates it")
    if has_stray_log(data_dir.published):
        found = f"{data_dir.published} was opened for writing by another program, which left a log beside it"
        return Finding("published warehouse", f"{found}: `dialflo sync` discards its changes", False)
    try:
        read_published(data_dir.published).close()
    except DialfloError as error:
        return Finding("published warehouse", str(error), False)
    size = data_dir.published.stat().st_size / 1024**2
    return Finding("published warehouse", f"{data_dir.published}, {size:.1f} MiB, readable", True)
