"""A copy of the SQL project with some of its marts only: what these do not read is left out."""

import shutil
from collections.abc import Collection
from pathlib import Path

from dialflo_pipeline.core.seeds import SEED_FOLDER
from dialflo_pipeline.marts.model import MODEL_FOLDERS
from dialflo_pipeline.marts.project import MACRO_FOLDER, all_read, read_models, sql_folder

ALWAYS = frozenset({"staging.metadata_days"})
"""What the views of the metadata read, which are built with any marts."""


def copy_sql(target: Path, marts: Collection[str]) -> Path:
    """Copy macros, mappings, these marts and the models that they read; the new folder."""
    source = sql_folder()
    by_name = {model.full_name: model for model in read_models(source)}
    wanted = {f"marts.{name}" for name in marts} | ALWAYS
    needed = wanted.union(*(all_read(by_name[name], by_name) for name in wanted)) & by_name.keys()
    for part in (MACRO_FOLDER, SEED_FOLDER):
        shutil.copytree(source / part, target / part)
    for folder in MODEL_FOLDERS.values():
        (target / folder).mkdir()
    for name in needed:
        schema, _, file = name.partition(".")
        shutil.copy(source / MODEL_FOLDERS[schema] / f"{file}.sql", target / MODEL_FOLDERS[schema])
    return target
