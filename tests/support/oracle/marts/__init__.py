"""Every mart as the judge reckons it: from rows of the tables and the settings, by what its header says and no more.

It imports nothing of the package; only the reading of dates in words is left to the library that the header names.
"""

from collections.abc import Callable

from tests.e2e.judge_marts.agent_daily import agent_daily
from tests.e2e.judge_marts.answers import answer_rate, call_outcomes, interest_distribution, next_actions
from tests.e2e.judge_marts.attempts_to_answer import attempts_to_answer
from tests.e2e.judge_marts.backlog import redial_backlog, redial_backlog_daily
from tests.e2e.judge_marts.best_time_to_call import best_time_to_call
from tests.e2e.judge_marts.callbacks import callbacks
from tests.e2e.judge_marts.caller_id_health import caller_id_health
from tests.e2e.judge_marts.contacts import contacts
from tests.e2e.judge_marts.conversion_funnel import conversion_funnel
from tests.e2e.judge_marts.facts import Facts
from tests.e2e.judge_marts.figures import Row
from tests.e2e.judge_marts.metadata_coverage import metadata_coverage
from tests.e2e.judge_marts.seen import data_freshness, unmapped_values
from tests.e2e.judge_marts.sequels import interest_calibration, redial_outcomes

__all__ = ["MARTS", "Facts", "Row"]
MARTS: dict[str, Callable[[Facts], list[Row]]] = {
    mart.__name__: mart
    for mart in (
        *(agent_daily, answer_rate, attempts_to_answer, best_time_to_call, call_outcomes, callbacks, caller_id_health),
        *(contacts, conversion_funnel, data_freshness, interest_calibration, interest_distribution),
        *(metadata_coverage, next_actions, redial_backlog, redial_backlog_daily, redial_outcomes, unmapped_values),
    )
}
