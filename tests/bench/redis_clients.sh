#!/usr/bin/env bash
# A Redis with 2,000 clients: what a scrape with its client list costs, beside Debian's
# redis_exporter with --export-client-list. Prints a Markdown table; takes about two minutes.
#
#   tests/bench/redis_clients.sh                 50 scrapes of each side
#   tests/bench/redis_clients.sh --scrapes 10    quicker, rougher
#   tests/bench/redis_clients.sh --build DIR     measure this build instead of making a release build
set -euo pipefail
# shellcheck source=tests/lib/bench.sh
. "$(dirname "$0")/../lib/bench.sh"
bench_options "--scrapes --clients" "" "$@"
bench_build "build servers test" pillion pillion_exporter_redis
bench_python redis_clients.py
