"""A SQL model: what its header says and what its query reads. Pure: no files, no database."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

from dialflo_pipeline.core.schema import WAREHOUSE_TABLES, Privacy

MODEL_FOLDERS = {"staging": "intermediate", "marts": "marts"}
"""Schemas of models, in the order they are built, and their folders in `sql/`."""

MODEL_SCHEMAS = tuple(MODEL_FOLDERS)
CHANGE_COLUMNS = ("call_date", "agent_name", "contact_number")
"""Columns that are kept of replaced calls, so models can be incremental by them."""

CALLS = "main.calls"
INPUTS = ("pipeline.settings", "pipeline.day_starts", "pipeline.utc_offsets", "pipeline.meanings", "pipeline.callbacks")
"""Tables that are written, or brought up to date, before the models run."""

MAIN_TABLES = frozenset(f"main.{table.name}" for table in WAREHOUSE_TABLES)
SOURCES = frozenset({*MAIN_TABLES, *INPUTS})
"""What a model may read beside other models."""


class ModelColumn(BaseModel):
    """One column as its header declares it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: str
    description: str
    unit: str | None = None
    privacy: Privacy = Privacy.NONE


class Header(BaseModel):
    """The header comment of a model; the YAML keys are these fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    description: str
    question: str | None = None
    means_not: str | None = None
    grain: list[str]
    materialized: Literal["table", "view"] = "table"
    incremental_by: list[str] = []
    """Columns whose rows depend only on the calls with the same values; only changed values are rebuilt."""
    whole_because: str | None = None
    """Why a table is rebuilt in full instead."""
    is_shared: bool = False
    """Of a view: several tables read it, so its rows are computed once for all of them."""
    columns: dict[str, ModelColumn] = {}
    columns_of: str | None = None
    """Full name of the model whose columns, types and descriptions it has."""

    @model_validator(mode="after")
    def _some_columns(self) -> Self:
        if bool(self.columns) == bool(self.columns_of):
            raise ValueError(
                "names no column" if self.columns_of is None else "has columns beside those of another model"
            )
        return self


@dataclass(frozen=True)
class Model:
    """One SQL model. `depends_on` holds full names: other models, tables of `main`, internal ones of `pipeline`."""

    schema: str
    name: str
    header: Header
    query: str
    depends_on: frozenset[str]

    @property
    def full_name(self) -> str:
        """Schema and name, as in SQL."""
        return f"{self.schema}.{self.name}"

    @property
    def is_view(self) -> bool:
        """Whether it is computed when read, and never stored."""
        return self.header.materialized == "view"

    @property
    def reads_main(self) -> bool:
        """Whether its own query names a table of the warehouse."""
        return bool(self.depends_on & MAIN_TABLES)

    @cached_property
    def description(self) -> str:
        """What one row is, which question it answers, and what it does not mean, in one text."""
        header = self.header
        question = header.question and f"Answers: {header.question}"
        caution = header.means_not and f"Does not mean: {header.means_not}"
        return " ".join(part.strip() for part in (header.description, question, caution) if part)

    @property
    def columns(self) -> Mapping[str, ModelColumn]:
        """Name to column, in order."""
        return self.header.columns
