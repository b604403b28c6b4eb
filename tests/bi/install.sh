#!/usr/bin/env bash
# Install, from Debian's packages, the browser that the tests marked `bi` open, unless there is one.
set -euo pipefail

if command -v chromium chromium-browser google-chrome > /dev/null; then
    exit 0
fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get > /dev/null; then
    echo "Please install this package first: chromium" >&2
    exit 1
fi
apt-get update --quiet=2
DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends chromium
