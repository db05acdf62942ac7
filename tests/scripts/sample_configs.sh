#!/usr/bin/env bash
# sample_configs.sh PILLION FILE...: every sample configuration passes `pillion check`, and a key that
# does not exist in one makes it fail.
set -euo pipefail

pillion=$1
shift
[ $# -gt 0 ] || { echo "no sample configurations" && exit 1; }
for file in "$@"; do
  echo "$file"
  "$pillion" check --config "$file"
done

broken=$(mktemp --suffix .toml)
trap 'rm -f -- "$broken"' EXIT
for file in "$@"; do
  { cat -- "$file" && printf '\n[exporters.broken]\ntype = "nosuch"\n'; } >"$broken"
  if "$pillion" check --config "$broken" >/dev/null 2>&1; then
    echo "$file: an unknown type went unnoticed"
    exit 1
  fi
done
