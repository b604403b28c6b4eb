"""What `dialflo doctor` says of Dagster's services: home, storage, daemon, definitions. It changes nothing."""

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml
from dagster import DagsterInstance, Definitions
from sqlalchemy import NullPool, create_engine

from dialflo_pipeline.core.diagnostics import Finding
from dialflo_pipeline.core.settings import Settings
from dialflo_pipeline.defs.deployment.home import CONFIG, has_escape
from dialflo_pipeline.defs.deployment.storage_errors import why_unusable
from dialflo_pipeline.defs.internals.names import (
    ConfigurableClassData,
    InstanceRef,
    InstigatorStatus,
    process_config,
    resolve_to_config_type,
)

BEATS_WITHIN_SECONDS = 300.0
"""The daemon beats every 30 seconds; a step of its own may take a minute or two."""
SKEW_SECONDS = 120.0
POSTGRES, SQLITE = "DagsterPostgresStorage", "DagsterSqliteStorage"


def examine_deployment(settings: Settings) -> list[Finding]:
    """All of it, as far as one thing can be looked at without another."""
    home = Path(chosen).expanduser() if (chosen := os.environ.get("DAGSTER_HOME")) else None
    findings = [_home(home), loaded := _definitions()]
    if home is None or not findings[0].is_well:
        return findings
    try:
        reference = InstanceRef.from_dir(str(home))
        if _is_empty_folder(reference):
            return [*findings, Finding("run history", "none yet: the services begin it at their start", True)]
        _connect_once(reference)
        with _quiet(), DagsterInstance.from_ref(_looking_only(reference)) as instance:
            return [*findings, *_history(instance, definitions_load=loaded.is_well is True)]
    except Exception as error:  # any error of storage, driver or configuration becomes one finding
        found = why_unusable(home / CONFIG, error)
    return [*findings, Finding("run history", found, False)]


def _home(home: Path | None) -> Finding:
    if home is None:
        found = "is not set here: services keep no history without it. Set it for them, and for this command"
    elif not home.is_absolute():
        found = f"is {home}, which must be an absolute path"
    elif has_escape(home):
        found = f"is {home}: Dagster cannot keep its history in a path with %XX"
    elif not home.is_dir():
        found = f"is {home}, which is not a folder"
    elif not os.access(home, os.R_OK | os.W_OK | os.X_OK):
        found = f"is {home}, in which this user may not write"
    elif not (home / CONFIG).is_file():
        found = f"is {home}, which has no {CONFIG}: copy one there from deploy/ or dagster_home/"
    else:
        return Finding("DAGSTER_HOME", str(home), True)
    return Finding("DAGSTER_HOME", found, False)


def _definitions() -> Finding:
    try:
        from dialflo_pipeline.definitions import defs

        Definitions.validate_loadable(defs)
    except Exception as error:  # whatever keeps it from loading keeps the services from it too
        return Finding("definitions", f"do not load: {type(error).__name__}. `dg check defs` says more", False)
    return Finding("definitions", "load", True)


@contextmanager
def _quiet() -> Iterator[None]:
    """Dagster logs each failed try to connect; the finding says it once."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def _is_empty_folder(reference: InstanceRef) -> bool:
    """Whether the history is in SQLite files, of which there are none: looking would make them."""
    data = reference.storage_data
    return data is not None and data.class_name == SQLITE and not Path(data.config_dict["base_dir"], "history").exists()


def _connect_once(reference: InstanceRef) -> None:
    """Raise what PostgreSQL says. Dagster asks it for ten seconds before it does, and here a person waits."""
    data = reference.storage_data
    if data is None or data.class_name != POSTGRES:
        return
    from dagster_postgres.utils import pg_config, pg_url_from_config  # there only with the extra

    config = process_config(resolve_to_config_type(pg_config()), data.config_dict)
    if config.success and config.value and not config.value.get("token_provider"):  # else Dagster says what is wrong
        create_engine(pg_url_from_config(config.value), poolclass=NullPool).connect().close()


def _looking_only(reference: InstanceRef) -> InstanceRef:
    """The same, but tables that are missing in PostgreSQL stay missing."""
    data = reference.storage_data
    if data is None or data.class_name != POSTGRES:
        return reference
    asked = yaml.safe_dump({**data.config_dict, "should_autocreate_tables": False})
    return reference._replace(storage_data=ConfigurableClassData(data.module_name, data.class_name, asked))


def _history(instance: DagsterInstance, *, definitions_load: bool) -> Iterator[Finding]:
    version = instance.event_log_storage.alembic_version()
    current, newest = version or (None, None)
    kind = type(instance.event_log_storage).__name__.removesuffix("EventLogStorage")
    if current is None:
        yield Finding("run history", f"{kind} is reached and empty; the services make the tables at their start", True)
        return
    if current != newest:
        found = f"{kind} is reached; its tables are of another version of Dagster: run `dagster instance migrate`"
        yield Finding("run history", found, False)
        return
    yield Finding("run history", f"{kind} is reached, its tables are of this version", True)
    yield from _daemon(instance)
    if definitions_load:
        yield _switches(instance)


def _daemon(instance: DagsterInstance) -> Iterator[Finding]:
    beats, now = instance.get_daemon_heartbeats(), time.time()
    newest = max((beat.timestamp for beat in beats.values()), default=None)
    if newest is None:
        yield Finding(
            "daemon", "has never run on this history: nothing starts by itself, unless cron calls `dialflo sync`", False
        )
    elif newest > now + SKEW_SECONDS:
        yield Finding("daemon", f"beat {newest - now:.0f} s in the future: clocks differ, set them (NTP)", False)
    elif now - newest > BEATS_WITHIN_SECONDS:
        yield Finding("daemon", f"has been silent for {now - newest:.0f} s: start it; its log says why it ended", False)
    else:
        silent = sorted(
            kind
            for kind in instance.get_required_daemon_types()
            if kind not in beats or now - beats[kind].timestamp > BEATS_WITHIN_SECONDS
        )
        found = f"beat {max(now - newest, 0):.0f} s ago"
        yield Finding("daemon", f"{found}; but not: {', '.join(silent)}" if silent else found, not silent)
        if failing := sorted(kind for kind, beat in beats.items() if beat.errors):
            yield Finding("daemon", f"reports errors in {', '.join(failing)}; its log says which", False)


def _switches(instance: DagsterInstance) -> Finding:
    from dialflo_pipeline.definitions import defs

    ours = {each.name for each in (*(defs.schedules or ()), *(defs.sensors or ())) if hasattr(each, "name")}
    stopped = {
        state.instigator_name
        for state in instance.all_instigator_state()
        if state.status is InstigatorStatus.STOPPED and state.instigator_name in ours
    }
    if stopped:
        return Finding("schedule and sensors", f"switched off: {', '.join(sorted(stopped))}; see Automation", False)
    return Finding("schedule and sensors", "all are on", True)
