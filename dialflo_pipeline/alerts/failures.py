"""From an error to its message: the sentence, the remedy, and which failures belong to one incident. Pure.

Only sentences of the pipeline and Dagster are passed on. The text of any other error may quote data; only its kind is
passed on.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from dialflo_pipeline.alerts.incidents import Failure

SEE_THE_LOG: Final = "See the log of the run."

INTERRUPTED: Final = ("DagsterExecutionInterruptedError", "KeyboardInterrupt")

REMEDIES: Final[Mapping[str, str]] = {
    "TokenRefused": (
        "Put a valid token in DIALFLO_API_TOKEN, in .env or in the environment of the services, and restart the"
        " services. `dialflo doctor` checks the token. The next run fetches everything that is waiting."
    ),
    "ApiDown": (
        "Nothing during an outage of the API: the ids are fetched again within an hour, and everything fetched so far"
        " is published. If it lasts, check DIALFLO_BASE_URL, the network and proxies; `dialflo doctor` tests the"
        " connection."
    ),
    "RunKilled": (
        "Nothing, if the machine or the services were restarted: the next run continues from there. If it happens"
        " again, check whether memory ran out (`journalctl -k`)."
    ),
    "SettingsError": "Correct these settings; `dialflo doctor` checks them.",
    **dict.fromkeys(INTERRUPTED, "Start it again, or wait for the next run, which continues from there."),
    "LockHeld": "Wait for the other run to end, or stop it; the next run continues from there.",
    "DamagedFile": "Restore the file from a backup, then run `dialflo rebuild`.",
    "ModelError": "Correct the SQL file named above; readers keep the previous version.",
    "DashboardFailed": "Correct the problem named above; the next sync, or `dialflo dashboard`, writes the page.",
    "OSError": "Correct the problem with the disk or file; the next run continues from there.",
    "PermissionError": "Give this file to the user of the services; `dialflo doctor` lists files of other users.",
}
"""What to do, by the kind of error."""

OURS: Final = "dialflo_pipeline."
ONE_INCIDENT: Final = frozenset({"ApiDown", "RunKilled"})
"""Kinds of errors that are always one incident, whatever their sentences say."""
WRAPPERS: Final = frozenset({"DagsterExecutionStepExecutionError", "DagsterUserCodeExecutionError"})
"""Kinds of errors that only wrap another one."""

SENTENCES: Final[Mapping[str, str]] = dict.fromkeys(
    INTERRUPTED, "The run was stopped before its end, for example by a restart of the services."
)
"""Plain sentences for errors whose own texts are for programmers."""

ASSETS_BY_HAND: Final = "__ASSET_JOB"
"""Dagster's name for the job of a backfill, or of assets selected on the page."""

SYSTEM_ERROR: Final = re.compile(r"^(?:\w+\.)*\w+: \[Errno \d+\] ")
CHANGING: Final = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\d+")
LIKE_A_PHONE: Final = re.compile(r"\+?\d{9,}")
LONGEST: Final = 1_000
"""Characters of one sentence."""


@dataclass(frozen=True)
class FailedStep:
    """An error that ended a step or a whole run."""

    kind: str
    """The class name of the error itself, not of Dagster's wrapper."""
    said: str
    """`module.Kind: text`, as Python prints it."""
    job: str
    step: str | None
    """None where the run ended outside any step."""
    at: datetime
    run_id: str
    days: frozenset[date]
    by_day: bool


def step_subject(job: str, step: str | None) -> str:
    """The subject of incidents of a step, or of a job outside any step."""
    return f"step {step}" if step else f"job {job}"


def failure_of(failed: FailedStep, secrets: Iterable[str] = ()) -> Failure:
    """The failure of a step, with these secrets removed."""
    what = scrubbed(_sentence(failed), secrets)
    place = step_subject(failed.job, failed.step)
    job = "a run of chosen assets" if failed.job.startswith(ASSETS_BY_HAND) else failed.job
    return Failure(
        key=f"{failed.kind} | {place} | {'' if failed.kind in ONE_INCIDENT else CHANGING.sub('#', what)}",
        subject=place,
        title=f"{job} failed at {failed.step}" if failed.step else f"{job} failed",
        what=what,
        remedy=REMEDIES.get(failed.kind, SEE_THE_LOG),
        at=failed.at,
        run_id=failed.run_id,
        days=failed.days,
        by_day=failed.by_day,
    )


def check_failure(
    asset: str,
    check: str,
    said: str | None,
    is_error: bool,
    day: date | None,
    at: datetime,
    run_id: str,
    secrets: Iterable[str] = (),
) -> Failure:
    """The failure of a check, with these secrets removed."""
    subject = check_subject(asset, check)
    return Failure(
        key=subject,
        subject=subject,
        title=f"check {check} of {asset} {'failed' if is_error else 'warns'}",
        what=scrubbed(shortened(said), secrets) if said else "The check gives no further detail.",
        remedy="See the figures on the check's page in Dagster.",
        at=at,
        run_id=run_id,
        days=frozenset([day] if day else []),
        by_day=day is not None,
    )


def check_subject(asset: str, check: str) -> str:
    """The subject of a check's incidents."""
    return f"check {check} of {asset}"


def scrubbed(text: str, secrets: Iterable[str]) -> str:
    """The text without these secrets, and without numbers as long as phone numbers."""
    for secret in sorted({secret for secret in secrets if secret}, key=len, reverse=True):
        text = text.replace(secret, "[secret]")
    return LIKE_A_PHONE.sub("[number]", text)


def shortened(text: str) -> str:
    """The text, cut to the length of a message."""
    text = text.strip()
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"


def _sentence(failed: FailedStep) -> str:
    if failed.kind in SENTENCES:
        return SENTENCES[failed.kind]
    _, _, text = failed.said.partition(": ")
    if failed.step is None and not failed.kind:
        return shortened(failed.said) or "The run ended without an error message."
    if (failed.said.startswith(OURS) or SYSTEM_ERROR.match(failed.said)) and text.strip():
        return shortened(text)
    return f"{failed.kind or 'An unknown error'}: its text may quote data, so it is only in the log."
