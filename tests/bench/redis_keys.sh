#!/usr/bin/env bash
# A Redis with a million keys, all of them grouped by pattern and measured: how long a scrape takes,
# what it costs, and how long the server is deaf to others meanwhile, beside Debian's redis_exporter
# with --check-key-groups. Prints a Markdown table; takes about three minutes.
#
#   tests/bench/redis_keys.sh                   20 scrapes of each side
#   tests/bench/redis_keys.sh --keys 100000     with fewer keys
#   tests/bench/redis_keys.sh --build DIR       measure this build instead of making a release build
set -euo pipefail
# shellcheck source=tests/lib/bench.sh
. "$(dirname "$0")/../lib/bench.sh"
bench_options "--scrapes --keys" "" "$@"
bench_build "build servers test" pillion pillion_exporter_redis
bench_python redis_keys.py
