"""Settings, token, API, the run lock, the published file, versions."""

import platform
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from dialflo_pipeline.api.client import open_client
from dialflo_pipeline.cli.doctor.open_files import command_of, open_files
from dialflo_pipeline.core import event_loop
from dialflo_pipeline.core.diagnostics import Finding
from dialflo_pipeline.core.errors import (
    DialfloError,
    SettingsError,
    TaskSourceDown,
    TaskSourceError,
    TransientError,
    TransportTrouble,
)
from dialflo_pipeline.core.settings import Settings, find_env_file
from dialflo_pipeline.lake.data_dir import Workspace
from dialflo_pipeline.marts.seeds import read_words
from dialflo_pipeline.publish.publish import read_published
from dialflo_pipeline.recovery.repair import examine
from dialflo_pipeline.storage.locks import holder

PACKAGES = ("dialflo-pipeline", "dagster", "duckdb", "polars", "pyarrow", "httpx")
PROBE_ID = "dialflo-doctor"
"""An id that no task has: the API's 404 tells that it is there and took the token."""

MAX_PROBE_SECONDS = 10.0


def examine_basics(settings: Settings) -> Iterator[Finding]:
    """What every command needs."""
    workspace = Workspace(settings.data_dir)
    yield Finding("settings", _settings_found(), True)
    yield _mappings(workspace)
    yield Finding("time zone", f"{settings.timezone}: a call's day and hour are reckoned in it")
    yield _api(settings)
    yield from _database(settings, workspace)
    yield _run_lock(workspace)
    yield _published(workspace)
    yield _files(workspace)
    yield _quarantine(workspace)
    for path, pids in open_files(workspace.root).items():
        holders = ", ".join(f"{command_of(pid)} (process {pid})" for pid in pids)
        yield Finding(f"open: {path.relative_to(workspace.root)}", f"by {holders}")
    yield Finding("Python", platform.python_version())
    for package in PACKAGES:
        yield Finding(package, version(package))


def _settings_found() -> str:
    env_file = find_env_file(Path.cwd())
    return f"read from the environment and {env_file}" if env_file else "read from the environment; no .env file"


def _mappings(workspace: Workspace) -> Finding:
    """The user's own meanings of words."""
    try:
        words = read_words(workspace.seeds)
    except SettingsError as error:
        return Finding("mappings", str(error), False)
    own = f"words of your own in {workspace.seeds}: {len(words)}"
    return Finding("mappings", own if words else "the shipped ones alone")


def _api(settings: Settings) -> Finding:
    what = f"API {settings.base_url}"
    if settings.api_token is None:
        return Finding(what, "not asked: DIALFLO_API_TOKEN is not set; live fetches need it", False)
    try:
        status = event_loop.run(_probe(settings))
    except TransportTrouble as trouble:
        return Finding(what, f"not reached: {trouble}", False)
    if status == 401:
        return Finding(what, "reached, but it refuses the token in DIALFLO_API_TOKEN", False)
    return Finding(what, f"reached; it takes the token (HTTP {status} for an unknown id)", status in (200, 404))


async def _probe(settings: Settings) -> int:
    assert settings.api_token is not None  # noqa: S101 - the caller has looked; this tells the type checker
    async with open_client(settings.base_url, settings.api_token, max_connections=1) as client:
        return (await client.call_details(PROBE_ID, min(settings.timeout_seconds, MAX_PROBE_SECONDS))).status


def _database(settings: Settings, workspace: Workspace) -> Iterator[Finding]:
    from dialflo_pipeline.extract.task_ids.database.source import examine, source_of

    source = source_of(settings)
    if source is None:
        return
    try:
        yield Finding("database of task ids", examine(source, workspace), True)
    except (TaskSourceError, TaskSourceDown) as error:
        yield Finding("database of task ids", str(error), False)


def _run_lock(workspace: Workspace) -> Finding:
    held_by = holder(workspace.work)
    return Finding("run lock", f"held by {held_by}" if held_by else "free")


def _files(workspace: Workspace) -> Finding:
    began = time.monotonic()
    try:
        damages = list(examine(workspace))
    except TransientError as trouble:
        return Finding("files", f"not all looked at: {trouble}")
    seconds = time.monotonic() - began
    if not damages:
        return Finding("files", f"lake and warehouse are as they were written (read whole in {seconds:.1f} s)", True)
    more = f" And {len(damages) - 1} more." if len(damages) > 1 else ""
    return Finding("files", f"{damages[0]}{more}", False)


def _quarantine(workspace: Workspace) -> Finding:
    count = sum(path.is_file() for path in workspace.quarantine.rglob("*"))
    return Finding("quarantine", f"{count} damaged files are kept in {workspace.quarantine}" if count else "empty")


def _published(workspace: Workspace) -> Finding:
    if not workspace.published.exists():
        return Finding("published warehouse", "none yet: `dialflo sync` makes it")
    try:
        read_published(workspace.published).close()
    except DialfloError as error:
        return Finding("published warehouse", str(error), False)
    size = workspace.published.stat().st_size / 1024**2
    return Finding("published warehouse", f"{workspace.published}, {size:.1f} MiB, opens", True)
