#!/usr/bin/env bash
# Pillion beside the exporters that Debian ships, on the same servers in one run: what each emits
# and what each costs. Prints Markdown tables.
#
#   tests/bench/compare.sh                 200 scrapes of each side, about eight minutes
#   tests/bench/compare.sh --scrapes 30    quicker, rougher
#   tests/bench/compare.sh --build DIR     measure this build instead of making a release build
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
build=""
arguments=()
while (($#)); do
  case $1 in
    --build) build=$2; shift 2 ;;
    --scrapes) arguments+=("$1" "$2"); shift 2 ;;
    -h | --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "compare.sh: unknown argument $1 (try --help)" >&2; exit 2 ;;
  esac
done
# shellcheck source=tests/lib/say.sh
. "$root/tests/lib/say.sh"
# shellcheck source=tests/lib/packages.sh
. "$root/tests/lib/packages.sh"
ensure_packages build servers test
# shellcheck source=tests/lib/release_build.sh
. "$root/tests/lib/release_build.sh"
release_build pillion pillion_exporter_postgres pillion_exporter_redis
PILLION_TEST_BINARY=$build/bin/pillion PILLION_TEST_SANITIZE="" \
  exec python3 -B "$root/tests/bench/compare.py" "${arguments[@]}"
