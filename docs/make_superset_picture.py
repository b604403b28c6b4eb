"""Takes the picture of `bi/superset.md`, of a demo in a clean Superset with the bundle, into `images/` beside this.

Run it after what it shows has changed: `python -m docs.make_superset_picture`. What it needs, `make test-bi` installs.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bi.superset.bundle import bundle, write_zip
from dialflo_pipeline.marts.project import read_models, sql_folder
from tests.bi.superset_page import dashboard_page
from tests.bi.superset_server import Superset

PICTURE = Path(__file__).with_name("images") / "superset.png"
LARGEST_BYTES = 250_000
SHOWN = {"x": 0, "y": 56, "width": 1440, "height": 1088}
"""Down to the tables, which have numbers in them, and without Superset's own menu."""


def make_picture(picture: Path) -> None:
    """The upper part of the dashboard, of a demo in a folder that is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        environment = {**os.environ, "DIALFLO_DATA_DIR": str(data), "DIALFLO_API_TOKEN": "not-used"}
        command = [sys.executable, "-m", "dialflo_pipeline.cli", "demo"]
        subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - no part of it is input
        superset, made = Superset(Path(folder) / "superset"), Path(folder) / "dialflo.zip"
        superset.set_up()
        write_zip(bundle(read_models(sql_folder()), str(data / "demo" / "warehouse.duckdb")), made)
        superset.command("import-dashboards", "--path", str(made), "--username", "admin")
        with superset.running(), dashboard_page(superset) as page:
            shown = page.open()
            if shown.errors:
                raise SystemExit(f"The dashboard has errors: {shown.errors}")
            page.browser.screenshot(path=picture, clip=SHOWN)
    if picture.stat().st_size > LARGEST_BYTES:
        raise SystemExit(f"{picture} has {picture.stat().st_size} bytes, more than {LARGEST_BYTES}: show less of it.")


if __name__ == "__main__":
    make_picture(PICTURE)
