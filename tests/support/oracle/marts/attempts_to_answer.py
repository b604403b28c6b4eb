"""`attempts_to_answer`: who was reached, by number of the attempt."""

from itertools import count

from tests.support.oracle.call_facts import Facts
from tests.support.oracle.figures import Row, grouped, rate

KEY = ("agent_name", "attempt_number")


def expected_rows(facts: Facts) -> list[Row]:
    tries = [call for call in facts.contact_calls if call["is_dialled"]]
    of_agents: dict[str | None, list[list[Row]]] = {}
    for (_, agent), calls in grouped(tries, "contact_number", "agent_name").items():
        of_agents.setdefault(agent, []).append(calls)
    return [row for agent, contacts in of_agents.items() for row in _rows(agent, contacts)]


def _rows(agent: str | None, contacts: list[list[Row]]) -> list[Row]:
    rows, all_reached, all_tried = [], 0, 0
    for number in count(1):
        tried = [calls for calls in contacts if len(calls) >= number and not _is_reached(calls[: number - 1])]
        if not tried:
            break
        reached = [calls for calls in tried if calls[number - 1]["is_answered"]]
        given_up = [calls for calls in tried if len(calls) == number and not calls[number - 1]["is_answered"]]
        all_reached, all_tried = all_reached + len(reached), all_tried + len(tried)
        row: Row = {"agent_name": agent, "attempt_number": number, "contacts": len(contacts)}
        row |= {"tried_contacts": len(tried), "reached_contacts": len(reached), "given_up_contacts": len(given_up)}
        row |= rate("reach_rate", len(reached), len(tried)) | rate("cumulative_reach", all_reached, len(contacts))
        row |= {"cumulative_reached_contacts": all_reached, "cumulative_calls": all_tried}
        row |= {"calls_per_reach": len(tried) / len(reached) if reached else None}
        rows.append(row | {"cumulative_calls_per_reach": all_tried / all_reached if all_reached else None})
    return rows


def _is_reached(calls: list[Row]) -> bool:
    return any(call["is_answered"] for call in calls)
