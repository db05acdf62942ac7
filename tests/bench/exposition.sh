#!/usr/bin/env bash
# What the exposition costs: each stage beside prometheus-cpp's serializer, a scrape of an unchanged
# page beside nginx with a file of the same bytes, and the memory that slow readers of a large page
# can pin. Prints Markdown tables; takes about four minutes.
#
#   tests/bench/exposition.sh                all
#   tests/bench/exposition.sh stages         one of: stages, static, storm, readers
#   tests/bench/exposition.sh --build DIR    measure this build instead of making a release build
set -euo pipefail
# shellcheck source=tests/lib/bench.sh
. "$(dirname "$0")/../lib/bench.sh"
bench_options "" "stages static storm readers" "$@"
bench_build "build servers test bench" pillion pillion_exporter_postgres pillion_exporter_redis \
  pillion_exporter_bulk exposition_stages
bench_python exposition.py
