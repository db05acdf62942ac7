#!/usr/bin/env bash
# Writes testdata/versions/MAJOR.txt anew: what servers of these versions answer to each statement.
#   record.sh BUILD BIN...
# BIN: a directory with initdb and postgres, and lib and share of theirs beside it. Takes half a
# minute for each; then run postgres_test with PILLION_WRITE_GOLDEN=1 and read the diff.
set -euo pipefail

[ $# -ge 2 ] || { sed -n '2,5s/^# *//p' "$0" >&2; exit 2; }
test=$1/tests/exporters/postgres/postgres_live_test
shift
for bin; do
  PILLION_RECORD=1 PILLION_POSTGRES_BIN=$bin "$test" -tc='live: each statement is accepted*'
done
