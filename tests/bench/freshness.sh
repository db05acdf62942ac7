#!/usr/bin/env bash
# How fresh and how fast: a simulation of days of scrapes of Pillion's own scheduling, beside a cache
# with a timer of its own and an exporter that reads at each scrape. Prints Markdown tables and
# writes a plot; a few seconds without the build.
#
#   tests/bench/freshness.sh                 the simulation; the plot goes to build/release/ages.svg
#   tests/bench/freshness.sh --write         both into tests/bench/freshness
#   tests/bench/freshness.sh --build DIR     use this build instead of making a release build
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
build=""
arguments=()
while (($#)); do
  case $1 in
    --build) build=$2; shift 2 ;;
    --write) arguments+=("$1"); shift ;;
    -h | --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "freshness.sh: unknown argument $1 (try --help)" >&2; exit 2 ;;
  esac
done
# shellcheck source=tests/lib/say.sh
. "$root/tests/lib/say.sh"
# shellcheck source=tests/lib/packages.sh
. "$root/tests/lib/packages.sh"
ensure_packages build
# shellcheck source=tests/lib/release_build.sh
. "$root/tests/lib/release_build.sh"
release_build freshness_simulate
PILLION_BUILD=$build exec python3 -B "$root/tests/bench/freshness/report.py" "${arguments[@]}"
