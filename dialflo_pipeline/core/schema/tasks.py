"""The table `tasks`: each registered task and its state."""

import dataframely as dy

from dialflo_pipeline.core.schema.columns import (
    attributes_column,
    call_date_column,
    completed_at_column,
    integer,
    one_of,
    registered_at_column,
    task_id_column,
    text,
    timestamp,
)
from dialflo_pipeline.core.schema.table import Table
from dialflo_pipeline.core.schema.words import State


class Tasks(dy.Schema):
    """One row per registered task, with its state."""

    task_id = task_id_column()
    call_date = call_date_column()
    completed_at = completed_at_column()
    registered_at = registered_at_column()
    state = one_of("The task's state.", State)
    attempts = integer("Requests sent for this task so far.", min=0)
    last_status = integer("HTTP status of the latest response; NULL without one.", nullable=True)
    last_error = text("Why the latest fetch gave no usable answer; never holds a payload.")
    next_try_at = timestamp("Not fetched again before this time; NULL when nothing is held back.")
    attributes = attributes_column()


TASKS = Table("tasks", Tasks)
