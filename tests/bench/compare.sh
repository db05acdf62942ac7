#!/usr/bin/env bash
# Pillion beside the exporters that Debian ships, on the same servers in one run: what each emits
# and what each costs. Prints Markdown tables.
#
#   tests/bench/compare.sh                 200 scrapes of each side, about eight minutes
#   tests/bench/compare.sh --scrapes 30    quicker, rougher
#   tests/bench/compare.sh --build DIR     measure this build instead of making a release build
#   tests/bench/compare.sh postgres        PostgreSQL alone: what the server pays too, with all that we
#                                          read by default and with what the peer reads
#   tests/bench/compare.sh cpu             CPU per scrape of each exporter by itself: in a loop in which
#                                          each scrape polls, every 1.3 s and every 15 s
#   tests/bench/compare.sh memcached       memcached beside memcached_exporter, which must be in the
#                                          PATH or named by PILLION_MEMCACHED_EXPORTER
set -euo pipefail
# shellcheck source=tests/lib/bench.sh
. "$(dirname "$0")/../lib/bench.sh"
bench_options "--scrapes" "cpu memcached postgres" "$@"
if bench_takes memcached; then
  bench_build "build servers test" pillion pillion_exporter_memcached
  bench_python compare_memcached.py
fi
if bench_takes cpu; then
  bench_build "build servers test" pillion pillion_exporter_postgres pillion_exporter_redis
  bench_python compare_cpu.py
fi
if bench_takes postgres; then
  bench_build "build servers test" pillion pillion_exporter_postgres
  bench_python compare_postgres.py
fi
bench_build "build servers test" pillion pillion_exporter_postgres pillion_exporter_redis
bench_python compare.py
