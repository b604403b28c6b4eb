"""From what failed to what a person is told: the sentence, the remedy, and what makes two failures one cause. Pure.

Only sentences that the pipeline or Dagster wrote are passed on. The text of any other error may quote what it was
working on, so of such an error only its kind is told.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from dialflo_pipeline.alerts.incidents import Trouble

SEE_THE_LOG: Final = "The log of the run says more."

INTERRUPTED: Final = ("DagsterExecutionInterruptedError", "KeyboardInterrupt")

REMEDIES: Final[Mapping[str, str]] = {
    "TokenRefused": (
        "Put a valid token in DIALFLO_API_TOKEN: in .env, or in the environment of the services, which are then to be"
        " restarted. `dialflo doctor` says whether the API takes it. The next run asks for everything that waits."
    ),
    "ApiDown": (
        "If the API has an outage, nothing: the ids are asked for again, at the latest an hour after this, and what was"
        " fetched before is published. If it lasts, look at DIALFLO_BASE_URL, the network and proxies; `dialflo doctor`"
        " says whether the API is reached."
    ),
    "RunKilled": (
        "Nothing, if somebody restarted the machine or the services: the next run goes on from there. If it happens"
        " again, see whether memory ran out (`journalctl -k`)."
    ),
    "SettingsError": "Mend these settings; `dialflo doctor` says what is still wrong with them.",
    **dict.fromkeys(INTERRUPTED, "Start it again, or leave it to the next run, which goes on from there."),
    "LockHeld": "Wait for the other run to end, or stop it; the next run goes on from there.",
    "DamagedFile": "Put the file back from a backup; `dialflo rebuild` then makes anew what follows from it.",
    "ModelError": "Mend the SQL file that is named; nothing was changed for readers.",
    "DashboardFailed": "Mend what the sentence names; the next sync, or `dialflo dashboard`, makes the page.",
    "OSError": "Mend what the system says of the disk or the file; the next run goes on from where this one was.",
    "PermissionError": "Give the user of the services this file; `dialflo doctor` names what belongs to somebody else.",
}
"""What to do, by the kind of error."""

OURS: Final = "dialflo_pipeline."
ONE_CAUSE: Final = frozenset({"ApiDown", "RunKilled"})
"""Kinds of errors that are one cause, whatever their sentences say beside it."""
WRAPPERS: Final = frozenset({"DagsterExecutionStepExecutionError", "DagsterUserCodeExecutionError"})
"""Kinds of errors that only hold another one."""

SENTENCES: Final[Mapping[str, str]] = dict.fromkeys(
    INTERRUPTED, "The run was stopped before its end, as by a restart of the services."
)
"""What kinds of errors mean that say it in words for programmers."""

ASSETS_BY_HAND: Final = "__ASSET_JOB"
"""How Dagster calls the job of a backfill, or of assets that somebody picked on the page."""

SYSTEM_ERROR: Final = re.compile(r"^(?:\w+\.)*\w+: \[Errno \d+\] ")
CHANGING: Final = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\d+")
LIKE_A_PHONE: Final = re.compile(r"\+?\d{9,}")
LONGEST: Final = 1_000
"""Characters of one sentence."""


@dataclass(frozen=True)
class Failed:
    """What is known of an error that ended a step, or a whole run."""

    kind: str
    """The name of its class, of the run's own error rather than of Dagster's around it."""
    said: str
    """`module.Kind: text`, as Python prints it."""
    job: str
    step: str | None
    """None where the run ended outside of any step."""
    at: datetime
    run_id: str
    days: frozenset[date]
    by_day: bool


def step_subject(job: str, step: str | None) -> str:
    """What the causes of a step, or of a job's runs outside of any step, are kept under."""
    return f"step {step}" if step else f"job {job}"


def trouble_of(failed: Failed, secrets: Iterable[str] = ()) -> Trouble:
    """What to tell of a failure, without these secrets."""
    what = scrubbed(_sentence(failed), secrets)
    place = step_subject(failed.job, failed.step)
    job = "a run of chosen assets" if failed.job.startswith(ASSETS_BY_HAND) else failed.job
    return Trouble(
        key=f"{failed.kind} | {place} | {'' if failed.kind in ONE_CAUSE else CHANGING.sub('#', what)}",
        subject=place,
        title=f"{job} failed at {failed.step}" if failed.step else f"{job} failed",
        what=what,
        remedy=REMEDIES.get(failed.kind, SEE_THE_LOG),
        at=failed.at,
        run_id=failed.run_id,
        days=failed.days,
        by_day=failed.by_day,
    )


def check_trouble(
    asset: str,
    check: str,
    said: str | None,
    is_error: bool,
    day: date | None,
    at: datetime,
    run_id: str,
    secrets: Iterable[str] = (),
) -> Trouble:
    """What to tell of a failed check, without these secrets."""
    subject = check_subject(asset, check)
    return Trouble(
        key=subject,
        subject=subject,
        title=f"check {check} of {asset} {'failed' if is_error else 'warns'}",
        what=scrubbed(shortened(said), secrets) if said else "The check says no more than that it failed.",
        remedy="See the check's page in Dagster; its figures stand there.",
        at=at,
        run_id=run_id,
        days=frozenset([day] if day else []),
        by_day=day is not None,
    )


def check_subject(asset: str, check: str) -> str:
    """What a check's causes are kept under."""
    return f"check {check} of {asset}"


def scrubbed(text: str, secrets: Iterable[str]) -> str:
    """The text without these secrets, and without numbers as long as those of phones."""
    for secret in sorted({secret for secret in secrets if secret}, key=len, reverse=True):
        text = text.replace(secret, "[secret]")
    return LIKE_A_PHONE.sub("[number]", text)


def shortened(text: str) -> str:
    """No more of a text than anybody reads in a message."""
    text = text.strip()
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"


def _sentence(failed: Failed) -> str:
    if failed.kind in SENTENCES:
        return SENTENCES[failed.kind]
    _, _, text = failed.said.partition(": ")
    if failed.step is None and not failed.kind:
        return shortened(failed.said) or "The run ended without a word."
    if (failed.said.startswith(OURS) or SYSTEM_ERROR.match(failed.said)) and text.strip():
        return shortened(text)
    return f"{failed.kind or 'An error'}, which the pipeline does not know; its text may quote data and is not told."
