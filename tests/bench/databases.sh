#!/usr/bin/env bash
# A PostgreSQL with 1,000 databases, all of them read: what a scrape costs the server and Pillion, how
# many connections there are, how old values get; by one connection that hops and by kept ones.
# Prints a Markdown table; takes about six minutes, most of it making the databases.
#
#   tests/bench/databases.sh                    60 scrapes of each way
#   tests/bench/databases.sh --databases 20     with fewer databases
#   tests/bench/databases.sh --build DIR        measure this build instead of making a release build
set -euo pipefail
# shellcheck source=tests/lib/bench.sh
. "$(dirname "$0")/../lib/bench.sh"
bench_options "--scrapes --databases" "" "$@"
bench_build "build servers test" pillion pillion_exporter_postgres
bench_python databases.py
