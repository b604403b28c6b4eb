"""The settings that the marts depend on. Changing one of these makes the marts stale; no other setting does.

The fields of `MartSettings` are declared once: the table `pipeline.settings`, its SQL types and the column lineage
follow from them. A setting of `Settings` with the same name is passed on by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from dialflo_pipeline.core.seeds import SEED_FOLDER, Word, read_words
from dialflo_pipeline.core.settings import Settings

_SQL_TYPES: Mapping[object, str] = {
    bool: "BOOLEAN",
    int: "INTEGER",
    float: "DOUBLE",
    str: "VARCHAR",
    tuple[str, ...]: "VARCHAR[]",
}


@dataclass(frozen=True)
class MartSettings:
    """What the marts are computed with. All but `words` are columns of `pipeline.settings`."""

    timezone: str
    redial_max_attempts: int
    redial_min_gap_minutes: float
    engaged_seconds: float = 30
    campaign_key: str | None = None
    redial_max_age_days: float | None = None
    callback_keys: tuple[str, ...] = ("call_time", "callback_time")
    callback_tolerance_minutes: float = 30
    words: tuple[Word, ...] = ()
    """The user's own mappings of words; they override the shipped ones."""

    @classmethod
    def sql_types(cls) -> dict[str, str]:
        """Column and SQL type of each setting in `pipeline.settings`."""
        types = get_type_hints(cls)
        names = [field.name for field in fields(cls) if field.name != "words"]
        return {name: _SQL_TYPES[_without_none(types[name])] for name in names}

    def sql_values(self) -> dict[str, object]:
        """Column and value of each setting in `pipeline.settings`."""
        values = {name: getattr(self, name) for name in self.sql_types()}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def mart_settings_of(settings: Settings) -> MartSettings:
    """The mart settings among all settings, with the user's own mappings of words from the data folder.

    Texts with commas become lists. Raises `SettingsError`, one line for each invalid row of a mapping.
    """
    given: dict[str, Any] = {
        name: tuple(getattr(settings, name).split(",")) if sql_type.endswith("[]") else getattr(settings, name)
        for name, sql_type in MartSettings.sql_types().items()
    }
    return MartSettings(**given, words=read_words(settings.data_dir / SEED_FOLDER))


def _without_none(kind: Any) -> Any:
    """`X` for `X | None`."""
    if get_origin(kind) is not UnionType:
        return kind
    (kept,) = (each for each in get_args(kind) if each is not type(None))
    return kept
