"""`conversion_funnel`: steps of calls, by campaign."""

from tests.support.oracle.call_facts import Facts
from tests.support.oracle.figures import Row, grouped, rate

RATES = {
    "answer_rate": ("answered_calls", "dialled_calls"),
    "engaged_rate": ("engaged_calls", "answered_calls"),
    "interested_rate": ("interested_calls", "engaged_calls"),
    "action_rate": ("action_calls", "interested_calls"),
    "converted_rate": ("converted_calls", "action_calls"),
    "action_per_dialled": ("action_calls", "dialled_calls"),
    "converted_per_dialled": ("converted_calls", "dialled_calls"),
}
KEY = ("call_date", "agent_name", "campaign")


def expected_rows(facts: Facts) -> list[Row]:
    campaigns = {
        (row["task_id"], row["call_index"]): row["value"]
        for row in facts.tables["call_context"]
        if row["key"] == facts.rules.campaign_key and row["is_filled"]
    }
    calls = [
        call | {"campaign": campaigns.get((call["task_id"], call["call_index"]), "(none)")} for call in facts.dialled
    ]
    rows = []
    for key, group in grouped(calls, "call_date", "agent_name", "campaign").items():
        row = dict(zip(("call_date", "agent_name", "campaign"), key, strict=True))
        row |= _steps(group, facts.rules.engaged_seconds)
        for name, (part, whole) in RATES.items():
            row |= rate(name, row[part], row[whole])
        rows.append(row)
    return rows


def _steps(dialled: list[Row], engaged_seconds: float) -> Row:
    answered = [call for call in dialled if call["is_answered"]]
    engaged = [call for call in answered if (call["call_duration_seconds"] or -1) >= engaged_seconds]
    if engaged_seconds == 0:
        engaged = [call for call in answered if call["call_duration_seconds"] is not None]
    interested = [call for call in engaged if call["interested"] == "yes"]
    action = [call for call in interested if call["action_meaning"] not in (None, "redial", "stop")]
    converted = [call for call in action if call["action_meaning"] == "convert"]
    return {
        "dialled_calls": len(dialled),
        "answered_calls": len(answered),
        "engaged_calls": len(engaged),
        "interested_calls": len(interested),
        "action_calls": len(action),
        "converted_calls": len(converted),
    }
