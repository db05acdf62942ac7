#!/usr/bin/env bash
# How fresh and how fast: a simulation of days of scrapes of Pillion's own scheduling, beside a cache
# with a timer of its own and an exporter that reads at each scrape. Prints Markdown tables and
# writes a plot; a few seconds without the build.
#
#   tests/bench/freshness.sh                 the simulation; the plot goes to build/release/ages.svg
#   tests/bench/freshness.sh --write         both into tests/bench/freshness
#   tests/bench/freshness.sh --live          two minutes of a real Prometheus instead, beside the peers
#   tests/bench/freshness.sh --build DIR     use this build instead of making a release build
set -euo pipefail
# shellcheck source=tests/lib/bench.sh
. "$(dirname "$0")/../lib/bench.sh"
bench_options "" "--live --write" "$@"
if bench_takes --live; then
  bench_build "build servers test" pillion pillion_exporter_postgres pillion_exporter_redis
  bench_python freshness/live.py
fi
bench_build "build" freshness_simulate
bench_python freshness/report.py
