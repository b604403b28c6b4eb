"""What a run came to, in words and as an exit code: everything done, or what was asked for and did not succeed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from dialflo_pipeline.checks.check import Severity
from dialflo_pipeline.cli.console import say, say_error, say_hint
from dialflo_pipeline.core.errors import PermanentError
from dialflo_pipeline.core.schema import Result, State
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.lake.partitions import DayStatus
from dialflo_pipeline.progress import Reporter

if TYPE_CHECKING:
    from dialflo_pipeline.extract.fetch import FetchReport
    from dialflo_pipeline.extract.task_ids.database.source import SourceReport
    from dialflo_pipeline.extract.task_ids.inbox import InboxFile, InboxReport
    from dialflo_pipeline.extract.task_ids.row_validation import Refusals
    from dialflo_pipeline.recovery.quarantine import Finding

SUCCEEDED, NOT_ALL_SUCCEEDED = 0, 1
FIRST = 5
"""At most this many reasons are listed, each with an example."""


def report_outcome(data_dir: DataDir, days: Sequence[DayStatus], seen: Reporter) -> int:
    """Print what the run did over these days; the exit code."""
    problems = [*_inbox_problems(seen.inbox), *_database_problems(seen.database)]
    problems += [*_fetch_problems(data_dir, days, seen.fetch), *_damage_problems(days, seen.findings)]
    found = [result for result in seen.checks.values() if not result.passed]
    blocking = [result for result in found if result.blocks]
    if seen.inbox:
        inbox = seen.inbox.registration
        say(f"inbox: registered {inbox.registered}, already known {inbox.already_known}")
        for note in (note for file in seen.inbox.files for note in file.notes):
            say_hint(note)
    if seen.database and not seen.database.problem:
        database = seen.database.registration
        say(f"database: registered {database.registered}, already known {database.already_known}")
    for report in (seen.inbox, seen.database):
        if report and report.registration.undated_note:
            say_hint(report.registration.undated_note)
    if seen.fetch:
        say(f"fetched {seen.fetch.asked} ids: {_counted(seen.fetch.results)}")
    if days:
        say(f"tasks: {_counted(_states(days))}")
        say(f"{'not published, readers keep what they have' if blocking else 'published'}: {data_dir.published}")
    if days and data_dir.dashboard.exists():
        say(f"dashboard: {data_dir.dashboard}")
    if seen.copied:
        say(f"Published {seen.copied}")
    for result in sorted(found, key=lambda result: result.blocks):
        say_result = say_hint if result.check.severity is Severity.WARNING else say_error
        say_result(f"check {'blocks' if result.blocks else result.check.severity}: {result}")
    for problem in problems:
        say_error(problem)
    return NOT_ALL_SUCCEEDED if problems or blocking else SUCCEEDED


def _damage_problems(days: Sequence[DayStatus], findings: Sequence["Finding"]) -> list[str]:
    problems = [f"damaged, and not all of it found again: {finding}" for finding in findings if finding.is_lost]
    if any(finding.is_refetched for finding in findings) and any(status.counts.get(State.PENDING) for status in days):
        problems.append("Answers were damaged, and ids wait to be fetched again: run `dialflo sync`.")
    return problems


def _states(days: Iterable[DayStatus]) -> dict[State, int]:
    counts: dict[State, int] = defaultdict(int)
    for status in days:
        for state, count in status.counts.items():
            counts[state] += count
    return counts


def _counted(counts: Mapping[State, int] | Mapping[Result, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count) or "none"


def _inbox_problems(report: "InboxReport | None") -> list[str]:
    return [problem for file in (report.files if report else ()) for problem in _file_problems(file)]


def _file_problems(file: "InboxFile") -> list[str]:
    if file.reason:
        return [f"{file.path}: {file.reason}"]
    return _refusals(str(file.path), file.refused, "line")


def _database_problems(report: "SourceReport | None") -> list[str]:
    if report is None:
        return []
    problem = [report.problem] if report.problem else []
    return problem + _refusals(report.refused.file, report.refused, "number")


def _refusals(where: str, refused: "Refusals", place: str) -> list[str]:
    reasons = [f"{where}, rows refused: {count}: {reason}" for reason, count in refused.by_reason.most_common(FIRST)]
    return reasons + [f"{where}, first refused row: {place} {row.line}" for row in refused.first[:1]]


def _fetch_problems(data_dir: DataDir, days: Sequence[DayStatus], report: "FetchReport | None") -> list[str]:
    if report is None:
        return []
    from dialflo_pipeline.extract.outcome import fetch_error
    from dialflo_pipeline.extract.run import unfinished  # brings in HTTP, which only a run that has fetched needs

    error = fetch_error(report)
    is_raised_later = isinstance(error, PermanentError)  # the command line prints that one itself
    stopped = [f"Stopped early: {report.stopped}."] if is_raised_later else [str(error)] if error else []
    open_days = [status.day for status in days if status.waiting or status.failed]
    failed = set(unfinished(data_dir.lake, open_days, report.errors)["task_id"])
    return stopped + _by_reason({task_id: why for task_id, why in report.errors.items() if task_id in failed})


def _by_reason(troubled: Mapping[str, str]) -> list[str]:
    ids: dict[str, list[str]] = defaultdict(list)
    for task_id, reason in troubled.items():
        ids[reason].append(task_id)
    reasons = sorted(ids.items(), key=lambda item: -len(item[1]))
    lines = [f"{len(some)} without an answer to use: {reason} (first: {some[0]})" for reason, some in reasons[:FIRST]]
    if rest := sum(len(some) for _, some in reasons[FIRST:]):
        lines.append(f"{rest} more for other reasons; see `dialflo status`.")
    return lines
