"""The AI agents of the simulated campaigns: what each asks for, and how the service writes its calls.

Data only. Agents differ in every way that real ones do: keys, languages, hours, words, number scales.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dialflo_pipeline.simulator.phones import INDIA, UNITED_STATES


class Mood(StrEnum):
    """How an answered call went, independent of the customer's word for it."""

    WARM = "warm"
    COLD = "cold"
    UNCLEAR = "unclear"
    LATER = "later"
    STOP = "stop"


@dataclass(frozen=True)
class Style:
    """How an agent's calls are written; shares are of its calls, 0 to 1."""

    with_outcome_only: float
    """share that carries `call_outcome` and no `call_status`"""
    with_plain_action: float
    """share whose `next_action` is a string, not an object"""
    percent: float
    """share whose confidence is 0 to 100, not 0 to 1"""
    with_service_fields: float
    """share with ids and times"""
    extras: float
    """share of answered calls with undocumented fields"""
    times: str
    """`strftime` format of the times; without an offset they are UTC"""
    blank: str | None
    """the value of a data point that was asked but not obtained"""


@dataclass(frozen=True)
class Agent:
    """One AI agent; hours are local to `zone`, `share` is of all leads, `talk_seconds` a median."""

    agent_id: int
    name: str
    campaign: str
    country: str
    zone: str
    languages: tuple[str, ...]
    share: float
    answer_rate: float
    best_hour: int
    talk_seconds: float
    inbound_share: float
    goal: str
    interests: Sequence[tuple[tuple[str, Mood], float]]
    metadata: Mapping[str, Sequence[Any]]
    context: Mapping[str, Sequence[Any]]
    style: Style

    def answer_chance(self, hour: int) -> float:
        """How likely a call at this local hour is picked up; best at `best_hour`."""
        return self.answer_rate * (1.2 - 0.07 * abs(hour - self.best_hour))


_WEBHOOK_TIMES = "%Y-%m-%d %H:%M:%S%z"
_ZULU_TIMES = "%Y-%m-%dT%H:%M:%S.%fZ"
_BARE_TIMES = "%Y-%m-%d %H:%M:%S"

_CITIES = ("Lucknow", "Pune", "Kochi", "Indore", "जयपुर", "पटना")

AGENTS = (
    Agent(
        agent_id=101,
        name="ONEST",
        campaign="Graduate hiring",
        country=INDIA,
        zone="Asia/Kolkata",
        languages=("en", "hi"),
        share=0.3,
        answer_rate=0.52,
        best_hour=11,
        talk_seconds=65,
        inbound_share=0.02,
        goal="SCHEDULE_INTERVIEW",
        interests=(
            (("Interested", Mood.WARM), 35),
            (("Not Interested", Mood.COLD), 25),
            (("Unclear", Mood.UNCLEAR), 25),
            (("Call Back Later", Mood.LATER), 12),
            (("Wrong Number", Mood.STOP), 3),
        ),
        metadata={
            "degree": ("No", "B.Com", "B.Sc", "B.Tech", "स्नातक"),
            "call_time": ("20th March 10 AM", "tomorrow after 5", "कल सुबह"),
            "current_job": ("Field sales", "Telecaller", "fresher"),
            "current_city": _CITIES,
        },
        context={},
        style=Style(0, 0, 0, 0.05, 0.05, _WEBHOOK_TIMES, ""),
    ),
    Agent(
        agent_id=102,
        name="EMI Saathi",
        campaign="Instalment reminders",
        country=INDIA,
        zone="Asia/Kolkata",
        languages=("hi", "hi", "en"),
        share=0.25,
        answer_rate=0.38,
        best_hour=17,
        talk_seconds=40,
        inbound_share=0.06,
        goal="AWAIT_PAYMENT",
        interests=(
            (("Will Pay", Mood.WARM), 45),
            (("Refused", Mood.COLD), 20),
            (("Unclear", Mood.UNCLEAR), 15),
            (("Call Back Later", Mood.LATER), 15),
            (("Do Not Call", Mood.STOP), 5),
        ),
        metadata={
            "promised_amount": (1500, 2499.5, "3,000", 4200, "5000"),
            "promised_on": ("this Friday", "महीने के अंत में", "10 तारीख", "salary day"),
            "already_paid": (True, False),
            "reason_for_delay": ("वेतन देर से आया", "medical expense", "bank holiday"),
        },
        context={
            "due_amount": ("2499.50", 1500, 4200, "5000"),
            "due_day": ("5", "10", 15),
            "product": ("Two-wheeler loan", "Personal loan", "Gold loan"),
            "autopay": (True, False, None),
        },
        style=Style(0.5, 0.8, 1, 0.9, 0.3, _WEBHOOK_TIMES, None),
    ),
    Agent(
        agent_id=103,
        name="Admissions Guide",
        campaign="Autumn admissions",
        country=INDIA,
        zone="Asia/Kolkata",
        languages=("en", "hi"),
        share=0.2,
        answer_rate=0.6,
        best_hour=16,
        talk_seconds=120,
        inbound_share=0.1,
        goal="SEND_BROCHURE",
        interests=(
            (("Hot", Mood.WARM), 20),
            (("Warm", Mood.WARM), 30),
            (("Cold", Mood.COLD), 30),
            (("Unclear", Mood.UNCLEAR), 10),
            (("Callback", Mood.LATER), 10),
        ),
        metadata={
            "course": ("BBA", "B.Des", "MCA", "नर्सिंग"),
            "budget": ({"min": 50000, "max": 150000, "currency": "INR"}, {"max": 90000}, {}),
            "questions": (["fees", "hostel"], ["placements"], ["छात्रवृत्ति", "fees"], []),
            "visit": ({"day": "Saturday", "time": None}, "Sunday morning"),
            "scholarship_asked": (True, False),
        },
        context={
            "source": ("website", "school fair", "referral", ""),
            "campus": ("Jaipur", "Kochi"),
            "lead_score": (12, 48.5, "77", 90),
            "tags": (["2025", "ug"], ["pg"], []),
        },
        style=Style(0.1, 0.3, 0.5, 0.6, 0.5, _ZULU_TIMES, ""),
    ),
    Agent(
        agent_id=104,
        name="Clinic Desk",
        campaign="Appointment confirmations",
        country=INDIA,
        zone="Asia/Kolkata",
        languages=("en",),
        share=0.15,
        answer_rate=0.7,
        best_hour=10,
        talk_seconds=30,
        inbound_share=0.15,
        goal="CONFIRMED",
        interests=(
            (("Confirmed", Mood.WARM), 60),
            (("Cancelled", Mood.COLD), 12),
            (("Unclear", Mood.UNCLEAR), 10),
            (("Reschedule", Mood.LATER), 18),
        ),
        metadata={
            "attending": ("yes", "no", "maybe"),
            "new_slot": ("Monday 4 pm", "next week"),
            "fasting": (True, False),
        },
        context={
            "slot": ("10:30", "12:00", "16:15"),
            "department": ("Dental", "Eye", "General"),
            "visit_no": (1, 2, 3),
        },
        style=Style(0, 0.1, 0, 0.3, 0.1, _BARE_TIMES, ""),
    ),
    Agent(
        agent_id=201,
        name="Sunny Solar",
        campaign="Rooftop survey",
        country=UNITED_STATES,
        zone="America/New_York",
        languages=("en",),
        share=0.1,
        answer_rate=0.3,
        best_hour=16,
        talk_seconds=85,
        inbound_share=0.12,
        goal="BOOK_SURVEY",
        interests=(
            (("interested", Mood.WARM), 25),
            (("not_interested", Mood.COLD), 45),
            (("unclear", Mood.UNCLEAR), 15),
            (("call_later", Mood.LATER), 10),
            (("do_not_call", Mood.STOP), 5),
        ),
        metadata={
            "homeowner": (True, False, "renting"),
            "monthly_bill_usd": (85, "120", 210.75, 340),
            "roof.type": ("shingle", "tile", "flat"),
            "Roof Age (years)": (3, 12, "about 20"),
        },
        context={
            "zip3": ("100", "021", "606"),
            "utility": ("north", "south"),
            "variant": ({"script": "B", "v": 2}, "A"),
        },
        style=Style(1, 0.5, 0.9, 1, 0.6, _ZULU_TIMES, None),
    ),
)
"""Every agent; shares sum to one."""
