#!/usr/bin/env bash
# Make the environment of Superset once, for all checkouts, and link it as $2; $1 is the Python to make it with.
# Its folder is named after the requirements and the Python, so a change of either makes another one.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=$1 link=$2
requirements=requirements/bi.txt

key=$({ cat "$requirements"; "$python" -VV; } | sha256sum | cut -c1-16)
cache=${TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dialflo-pipeline}
folder=$cache/superset-$key

mkdir -p "$cache"
exec 9> "$folder.lock"
flock 9
if [ ! -e "$folder/ready" ]; then
    rm -rf "$folder"
    "$python" -m venv "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "$requirements"
    touch "$folder/ready"
fi
if [ ! -L "$link" ]; then
    rm -rf "$link"
fi
ln -sfn "$folder" "$link"
