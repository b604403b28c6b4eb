"""What the charts must show, asked of the published file by other SQL than that of the bundle."""

from math import sqrt
from pathlib import Path
from typing import Any

from dialflo_pipeline.publish.publish import read_published
from tests.bi.superset_page import Rows, Shown

Z = 1.959963984540054

FIGURES = {
    "open_tasks": "SELECT count(*) FROM tasks WHERE state IN ('pending', 'unsettled')",
    "dialled": "SELECT sum(calls) FROM marts.answer_rate WHERE {days} AND {agent}",
    "answered": "SELECT sum(answered_calls) / sum(calls) FROM marts.answer_rate WHERE {days} AND {agent}",
    "converted": "SELECT sum(converted_calls) / sum(dialled_calls) FROM marts.conversion_funnel"
    " WHERE {days} AND {agent}",
    "redials_due": "SELECT count(*) FROM marts.redial_backlog WHERE state = 'due' AND {agent}",
}
TABLES = {
    "funnel": "UNPIVOT (SELECT sum(dialled_calls) AS '1 Dialled', sum(answered_calls) AS '2 Answered',"
    " sum(engaged_calls) AS '3 Engaged', sum(interested_calls) AS '4 Interested', sum(action_calls) AS '5 Action',"
    " sum(converted_calls) AS '6 Converted' FROM marts.conversion_funnel WHERE {days} AND {agent}) ON COLUMNS(*)",
    "hours_calls": "SELECT hour, weekday, sum(calls) FROM marts.best_time_to_call WHERE {agent} GROUP BY ALL",
    "hours_rate": "SELECT hour, weekday, sum(answered_calls) / sum(calls) FROM marts.best_time_to_call WHERE {agent}"
    " GROUP BY ALL HAVING sum(calls) >= 10",
    "agents": "SELECT agent_name, sum(dialled_calls), sum(answered_calls) / sum(dialled_calls),"
    " sum(engaged_calls) / sum(answered_calls), sum(interested_calls) / sum(engaged_calls), sum(converted_calls)"
    " FROM marts.conversion_funnel WHERE {days} AND {agent} GROUP BY ALL",
    "backlog_age": "SELECT age_days, state, count(*) FROM marts.redial_backlog WHERE {agent} GROUP BY ALL",
    "interest": "SELECT agent_name, interest_status, calls / sum(calls) OVER (PARTITION BY agent_name)"
    " FROM (SELECT agent_name, interest_status, sum(calls) AS calls FROM marts.interest_distribution"
    " WHERE {days} AND {agent} GROUP BY ALL)",
    "backlog_days": "SELECT epoch_ms(call_date), sum(opened), -sum(cleared), sum(backlog)"
    " FROM marts.redial_backlog_daily WHERE {days} AND {agent} GROUP BY ALL",
    "tasks": "SELECT epoch_ms(call_date), count_if(state = 'settled'), count_if(state IN ('pending', 'unsettled')),"
    " count_if(state = 'not_found'), count_if(state = 'failed') FROM tasks WHERE {days} GROUP BY ALL",
}
RATES = {
    "answer_rate": "SELECT epoch_ms(call_date), sum(answered_calls), sum(calls) FROM marts.answer_rate"
    " WHERE {days} AND {agent} GROUP BY ALL",
    "calling_numbers": "SELECT from_number_e164, sum(answered_calls), sum(calls), arg_max(flag, call_date)"
    " FROM marts.caller_id_health WHERE {days} GROUP BY ALL HAVING bool_or(flag <> 'too_few_calls')",
    "metadata": "SELECT agent_name || '/' || key, filled_calls, asked_calls, drift FROM marts.metadata_coverage"
    " WHERE {agent}",
}

Row = tuple[Any, ...]


def expected(published: Path, *, days: str = "true", agent: str = "true") -> dict[str, Any]:
    """By key of the chart, what these conditions leave of the marts, in the form of `found`."""
    conditions = {"days": days, "agent": agent}
    with read_published(published) as connection:

        def ask(sql: str) -> list[Row]:
            return connection.execute(sql.format(**conditions)).fetchall()

        figures = {key: _rounded(ask(sql))[0][0] for key, sql in FIGURES.items()}
        tables = {key: _rounded(ask(sql)) for key, sql in TABLES.items()}
        rates = {key: _rounded([_with_rate(row) for row in ask(sql)]) for key, sql in RATES.items()}
        as_of = ask("SELECT epoch_us(timezone(timezone, as_of)) / 1000 FROM published")[0][0]
    return {"as_of": round(as_of), **figures, **tables, **rates}


def found(shown: Shown) -> dict[str, Any]:
    """By key of the chart, what its queries returned: a figure, or rows in some fixed order."""
    figures = {key: _rounded([(shown.figure(key),)])[0][0] for key in FIGURES}
    opened, backlog = shown.rows["backlog_days"]
    levels = {row["call_date"]: row["total_backlog"] for row in backlog}
    tables = {
        "funnel": _rows(shown, "funnel", "step", "total_calls"),
        "hours_calls": [_cell(row, "total_calls") for row in shown.only("hours_calls")],
        "hours_rate": [_cell(row, "overall_answer_rate") for row in shown.only("hours_rate")],
        "agents": [tuple(row.values()) for row in shown.only("agents")],
        "backlog_age": _molten(shown.only("backlog_age"), "age_days"),
        "interest": _molten(shown.only("interest"), "agent_name"),
        "backlog_days": [
            (row["call_date"], row["total_opened"], row["minus_cleared"], levels[row["call_date"]]) for row in opened
        ],
        "tasks": _rows(
            shown,
            "tasks",
            *("call_date", "total_settled_tasks", "total_waiting_tasks", "total_not_found_tasks", "total_failed_tasks"),
        ),
        "answer_rate": [(row["call_date"], *_band(row, "answer_rate")) for row in shown.only("answer_rate")],
        "calling_numbers": [
            (row["from_number_e164"], row["total_calls"], *_band(row, "answer_rate"), row["latest_flag"])
            for row in shown.only("calling_numbers")
        ],
        "metadata": [
            (f"{row['agent_name']}/{row['key']}", row["total_asked_calls"], *_band(row, "filled_share"), row["drifts"])
            for row in shown.only("metadata")
        ],
    }
    return {"as_of": round(shown.figure("as_of")), **figures, **{key: _rounded(rows) for key, rows in tables.items()}}


def wilson(successes: int, trials: int) -> tuple[float, float, float]:
    """The rate and its bounds."""
    rate = successes / trials
    middle, spread = rate + Z * Z / (2 * trials), Z * sqrt(rate * (1 - rate) / trials + Z * Z / (4 * trials * trials))
    scale = 1 + Z * Z / trials
    return rate, (middle - spread) / scale, (middle + spread) / scale


def _with_rate(row: Row) -> Row:
    name, successes, trials, *rest = row
    counts = (trials,) if rest else ()
    return (name, *counts, *wilson(successes, trials), *rest)


def _band(row: dict[str, Any], name: str) -> Row:
    return tuple(row[f"overall_{name}{ending}"] for ending in ("", "__yhat_lower", "__yhat_upper"))


def _rows(shown: Shown, key: str, *columns: str) -> list[Row]:
    return [tuple(row[column] for column in columns) for row in shown.only(key)]


def _cell(row: dict[str, Any], metric: str) -> Row:
    return row["hour"], int(row["weekday_name"][0]), row[metric]


def _molten(rows: Rows, key: str) -> list[Row]:
    return [(row[key], name, value) for row in rows for name, value in row.items() if name != key and value]


def _rounded(rows: list[Row]) -> list[Row]:
    """In order, and with as many digits as two ways of reckoning agree on."""
    return sorted((tuple(_number(value) for value in row) for row in rows), key=repr)


def _number(value: Any) -> Any:
    return value if isinstance(value, str) or value is None else round(float(value), 9)
