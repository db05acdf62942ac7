#!/usr/bin/env bash
# A PostgreSQL with 10,000 tables: what a scrape costs, beside Debian's postgres_exporter on the same
# server. Prints a Markdown table; takes about three minutes.
#
#   tests/bench/tables.sh                  20 scrapes of each side
#   tests/bench/tables.sh --tables 1000    with fewer tables
#   tests/bench/tables.sh --build DIR      measure this build instead of making a release build
set -euo pipefail
# shellcheck source=tests/lib/bench.sh
. "$(dirname "$0")/../lib/bench.sh"
bench_options "--scrapes --tables" "" "$@"
bench_build "build servers test" pillion pillion_exporter_postgres
bench_python tables.py
