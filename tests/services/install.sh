#!/usr/bin/env bash
# Install, from Debian's packages, the servers and the browser that the tests marked `services` start. What is there is
# left as it is.
set -euo pipefail

wanted=()
ls /usr/lib/postgresql/*/bin/initdb > /dev/null 2>&1 || wanted+=(postgresql)
[ -x /usr/sbin/mariadbd ] && [ -x /usr/bin/my_print_defaults ] || wanted+=(mariadb-server-core mariadb-client-core)
command -v chromium chromium-browser google-chrome > /dev/null || wanted+=(chromium)

if [ ${#wanted[@]} -eq 0 ]; then
    exit 0
fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get > /dev/null; then
    echo "Please install these packages first: ${wanted[*]}" >&2
    exit 1
fi
apt-get update --quiet=2
DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends "${wanted[@]}"
