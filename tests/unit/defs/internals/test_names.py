"""Dagster's private names stand in one module.

When this fails after an upgrade of Dagster: find where the name moved (search its source for it), correct the import in
`defs/internals/names.py`, then run `pytest tests/unit/defs tests/integration/defs`. What a name is needed for stands in
`WHY`; if Dagster has a public way by now, use that and drop the name.
"""

import ast
from pathlib import Path

import dialflo_pipeline
from dialflo_pipeline.defs.internals import names

PACKAGE = Path(dialflo_pipeline.__file__).parent


def imported_modules(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    plain = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return plain | {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


def test_only_one_module_imports_private_names_of_dagster() -> None:
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        for module in imported_modules(path)
        if module.startswith("dagster") and ("._" in module or module.startswith("dagster_shared"))
    }
    assert found == {"defs/internals/names.py"}


def test_each_private_name_says_what_it_is_needed_for() -> None:
    assert set(names.WHY) == set(names.__all__) - {"WHY"}
    assert all(hasattr(names, name) for name in names.WHY)
