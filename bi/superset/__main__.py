"""Make the bundle: `python -m bi.superset` writes the committed folder, which holds the
dashboard and its datasets; with `--zip FILE` it writes a zip to import, with a dataset for every mart."""

import argparse
import sys
from pathlib import Path

from bi.superset.bundle import bundle, write_folder, write_zip
from dialflo_pipeline.core.settings import load_settings
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.marts.project import read_models, sql_folder

FOLDER = Path(__file__).with_name("bundle")


def main(arguments: list[str]) -> None:
    """Do what the arguments say."""
    parser = argparse.ArgumentParser(prog="python -m bi.superset", description=__doc__)
    parser.add_argument("--zip", type=Path, metavar="FILE", help="a zip to import, for the warehouse below")
    parser.add_argument(
        "--warehouse",
        metavar="PATH",
        help="where Superset finds the published warehouse.duckdb; by default that of the settings in force",
    )
    options = parser.parse_args(arguments)
    models = read_models(sql_folder())
    if options.zip is None:
        write_folder(bundle(models, only_charted=True), FOLDER)
    else:
        published = options.warehouse or str(DataDir(load_settings().data_dir).published.resolve())
        write_zip(bundle(models, published), options.zip)


if __name__ == "__main__":
    main(sys.argv[1:])
