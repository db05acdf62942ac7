#!/usr/bin/env bash
# What the exposition costs: each stage beside prometheus-cpp's serializer, a scrape of an unchanged
# page beside nginx with a file of the same bytes, and the memory that slow readers of a large page
# can pin. Prints Markdown tables; takes about four minutes.
#
#   tests/bench/exposition.sh                all
#   tests/bench/exposition.sh stages         one of: stages, static, storm, readers
#   tests/bench/exposition.sh --build DIR    measure this build instead of making a release build
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
build=""
arguments=()
while (($#)); do
  case $1 in
    --build) build=$2; shift 2 ;;
    stages | static | storm | readers) arguments+=("$1"); shift ;;
    -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "exposition.sh: unknown argument $1 (try --help)" >&2; exit 2 ;;
  esac
done
# shellcheck source=tests/lib/say.sh
. "$root/tests/lib/say.sh"
# shellcheck source=tests/lib/packages.sh
. "$root/tests/lib/packages.sh"
ensure_packages build servers test bench
# shellcheck source=tests/lib/release_build.sh
. "$root/tests/lib/release_build.sh"
release_build pillion pillion_exporter_postgres pillion_exporter_redis \
  pillion_exporter_bulk exposition_stages
PILLION_TEST_BINARY=$build/bin/pillion PILLION_TEST_SANITIZE="" \
  PILLION_BENCH_DIR=$build/tests/bench/exposition \
  exec python3 -B "$root/tests/bench/exposition.py" "${arguments[@]}"
