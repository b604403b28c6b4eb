#!/usr/bin/env bash
# Names all that the tests marked `bi` go by. The name of what they last passed with is in the file `passed` beside this
# one, so a clone can tell without its history, and without a server, whether they have to run again.
set -euo pipefail
cd "$(dirname "$0")/../.."

covered=(
    bi sql requirements/bi.txt
    dialflo_pipeline/{duckdb_files,marts,metrics,models,publish,stamp,tables,warehouse}.py
    tests/bi tests/services/dagster_page.py
)
git ls-files -z -- "${covered[@]}" ':!tests/bi/passed' | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1
