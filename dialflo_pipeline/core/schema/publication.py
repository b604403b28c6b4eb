"""The table `published`: what the published file holds and how complete it is."""

import dataframely as dy

from dialflo_pipeline.core.schema.columns import boolean, date, integer, text, timestamp
from dialflo_pipeline.core.schema.table import Table


class Published(dy.Schema):
    """One row: what this file holds, and how complete that is. Two files of the same state have the same row."""

    as_of = timestamp(
        "Time of the newest data: the later of when the latest id was registered and when the latest answer that"
        " has calls was received; NULL while no id is registered."
    )
    published_at = timestamp(
        "When this state was first published; a sync that finds nothing new leaves it.", nullable=False
    )
    pipeline_version = text("Version of the pipeline that made this file.", required=True)
    data_version = text("Names this state: equal where days, settings and SQL of the marts are equal.", required=True)
    timezone = text("The time zone of days and hours.", required=True)
    first_day = date("The first day that has tasks.")
    last_day = date("The last day that has tasks.")
    days = integer("Days that have tasks.", unit="days", min=0)
    latest_settled_day = date("The latest day none of whose tasks is pending or unsettled; NULL if there is none.")
    settled_through = date(
        "The last day with tasks up to which, itself included, no day has a task pending or unsettled; NULL if there is"
        " none."
    )
    is_complete = boolean("Whether no task is pending or unsettled; failed and not_found ones count as done.")
    tasks = integer("Registered tasks; the five counts below add up to it.", unit="tasks", min=0)
    settled = integer("Tasks settled: their calls are here for good.", unit="tasks", min=0)
    unsettled = integer("Tasks whose answer is not final yet.", unit="tasks", min=0)
    not_found = integer("Tasks the API does not know; their calls are missing.", unit="tasks", min=0)
    failed = integer("Tasks that failed; their calls are missing.", unit="tasks", min=0)
    pending = integer("Tasks without an answer so far; their calls are missing.", unit="tasks", min=0)
    calls = integer("Rows of calls.", unit="calls", min=0)


PUBLICATION = Table("published", Published)
