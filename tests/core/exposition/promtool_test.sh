#!/bin/sh
# Shows the page of every type to Prometheus' own linter.
#   promtool_test.sh PRINT_PAGE
# Exits 0 when promtool can read the page and has nothing to say but what the page means to
# provoke, 77 (skipped) when promtool is not installed, 1 otherwise.
set -eu

if ! command -v promtool >/dev/null; then
  echo "SKIPPED: apt:prometheus is missing; the page was not shown to Prometheus' linter" >&2
  exit 77
fi

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$1" text >"$dir/page"
code=0
promtool check metrics <"$dir/page" >"$dir/said" 2>&1 || code=$?
if [ "$code" -ne 0 ] && [ "$code" -ne 3 ]; then # 3: readable, but not to its taste
  cat "$dir/said"
  echo "promtool cannot read the page (exit code $code)"
  exit 1
fi
# A counter without _total, and the buckets of gauge histograms, are on the page on purpose.
if grep -v -e '^demo_odd counter metrics should have "_total" suffix$' \
  -e '^demo_\(queue\|depth\)_bytes_bucket non-histogram metrics should not have ' "$dir/said"; then
  echo "promtool complains of something else"
  exit 1
fi
