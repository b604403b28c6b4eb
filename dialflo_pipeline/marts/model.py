"""A SQL model: what its header says and what its query reads. Pure: no files, no database."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Self

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
    sum: bool = False
    """Whether values of several rows may be added up."""
    ratio: tuple[str, str] | None = None
    """The columns it is a quotient of: numerator and denominator. Columns in `_low` and `_high` are its bounds."""


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

    @model_validator(mode="before")
    @classmethod
    def _describe_ratios(cls, header: Any) -> Any:
        """What a ratio and its bounds are follows from the ratio, so their descriptions may be left out."""
        if not isinstance(header, dict) or not isinstance(columns := header.get("columns"), dict):
            return header
        described = {name: _derived_description(name, columns) for name in columns}
        filled = {
            name: {"description": described[name], **column} if described[name] and isinstance(column, dict) else column
            for name, column in columns.items()
        }
        return {**header, "columns": filled}

    @model_validator(mode="after")
    def _ratios_of_columns(self) -> Self:
        for name, column in self.columns.items():
            if unknown := sorted(set(column.ratio or ()) - self.columns.keys()):
                raise ValueError(f"has a ratio {name} of {', '.join(unknown)}, which it does not declare")
        return self

    @model_validator(mode="after")
    def _some_columns(self) -> Self:
        if bool(self.columns) == bool(self.columns_of):
            raise ValueError(
                "names no column" if self.columns_of is None else "has columns beside those of another model"
            )
        return self


def _derived_description(name: str, columns: Mapping[str, Any]) -> str | None:
    if ratio := _ratio(name, columns):
        return f"{ratio[0]} / {ratio[1]}."
    base, _, bound = name.rpartition("_")
    side = {"low": "Lower", "high": "Upper"}.get(bound)
    return f"{side} 95% Wilson bound of {base}." if side and _ratio(base, columns) else None


def _ratio(name: str, columns: Mapping[str, Any]) -> list[str] | None:
    column = columns.get(name)
    ratio = column.get("ratio") if isinstance(column, dict) else None
    return ratio if isinstance(ratio, list) and len(ratio) == 2 else None


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

    def has_summable_ratio(self, name: str) -> bool:
        """Whether over several rows the ratio is the sum of its numerators divided by that of its denominators."""
        ratio = self.columns[name].ratio
        return ratio is not None and all(self.columns[part].sum for part in ratio)

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
