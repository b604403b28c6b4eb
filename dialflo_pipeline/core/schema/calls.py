"""The table `calls`: which value of a call object fills which column."""

import dataframely as dy

from dialflo_pipeline.core.schema.columns import (
    ValueKind,
    boolean,
    call_date_column,
    call_index_column,
    number,
    one_of,
    source_column,
    task_id_column,
    text,
    timestamp,
)
from dialflo_pipeline.core.schema.table import Privacy, Table
from dialflo_pipeline.core.schema.words import Outcome


class Calls(dy.Schema):
    """One row per call object of each task's latest usable answer."""

    task_id = task_id_column()
    call_index = call_index_column()
    call_date = call_date_column()
    call_id = text("The vendor's id of the call.", at="call_id", privacy=Privacy.PSEUDONYM)
    agent_id = text("The vendor's id of the agent, as text whatever its JSON type.", at="agent_id")
    agent_name = text("Name of the AI agent that made the call.", at="agent_name")
    call_status = text(
        "The status as sent: call_status, or call_outcome where that is null or absent.", at="call_status"
    )
    outcome = one_of("What became of the call, normalised from call_status.", Outcome)
    is_answered = boolean("Whether outcome is answered.")
    call_direction = text("Direction as sent, usually inbound or outbound.", at="call_direction")
    from_number = text("Calling number as sent.", at="from_number", privacy=Privacy.PERSONAL)
    to_number = text("Called number as sent.", at="to_number", privacy=Privacy.PERSONAL)
    from_number_e164 = text("Calling number in E.164, NULL if it cannot be read as one.", privacy=Privacy.PERSONAL)
    to_number_e164 = text("Called number in E.164, NULL if it cannot be read as one.", privacy=Privacy.PERSONAL)
    contact_number = text(
        "The other party: the called number, or the calling one of an inbound call; in E.164 where it can be read so,"
        " else as sent, NULL if blank.",
        privacy=Privacy.PERSONAL,
    )
    initiated_at = timestamp("When the call was started (initiation_time).", at="initiation_time")
    answered_at = timestamp("When the call was picked up (answer_time).", at="answer_time")
    ended_at = timestamp("When the call ended (end_time).", at="end_time")
    occurred_at = timestamp("First known of initiated_at, answered_at, ended_at and the task's completed_at.")
    call_duration_seconds = number(
        "Length of the call.", at="call_duration", read_as=ValueKind.DURATION, unit="seconds", min=0
    )
    billed_duration_seconds = number(
        "Length of the call as billed.", at="billed_duration", read_as=ValueKind.DURATION, unit="seconds", min=0
    )
    interest_status = text("The interest the call showed, as sent.", at="call_insights.user_interest.status")
    interest_reasoning = text(
        "Why that interest was concluded.", at="call_insights.user_interest.reasoning", privacy=Privacy.PERSONAL
    )
    interest_confidence = number(
        "Confidence in interest_status, from 0 to 1.",
        at="call_insights.user_interest.confidence_score",
        read_as=ValueKind.CONFIDENCE,
        unit="share",
        min=0,
        max=1,
    )
    next_action = text(
        "What should happen next; REDIAL or a word of the customer's.", at="call_insights.next_action.value"
    )
    next_action_reason = text(
        "Why that action was concluded.", at="call_insights.next_action.reason", privacy=Privacy.PERSONAL
    )
    engagement_score = number(
        "How engaged the person was (call_quality.user_engagement.value).",
        at="call_quality.user_engagement.value",
        unit="points",
    )
    satisfaction_score = number(
        "How satisfied the person was (call_quality.user_satisfaction.value).",
        at="call_quality.user_satisfaction.value",
        unit="points",
    )
    outcome_reason = text("Why the call came out as it did, as sent.", at="outcome_reason")
    hangup_cause = text("Cause of the hang-up, as sent (hangup_cause_name).", at="hangup_cause_name")
    hangup_source = text("Who hung up, as sent.", at="hangup_source")
    call_recording_url = text("Address of the recording.", at="call_recording_url", privacy=Privacy.PERSONAL)
    extra = text(
        "What of the call object no typed column and no other table holds, with its nesting; NULL if nothing.",
        privacy=Privacy.PERSONAL,
        sql_type="JSON",
    )
    fetched_at = timestamp("When the answer was received.", nullable=False)
    source = source_column()


CALLS = Table("calls", Calls)
