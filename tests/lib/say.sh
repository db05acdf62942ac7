# shellcheck shell=bash
# What the scripts say to people. Sourced, never run.

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  say_bold=$'\e[1m' say_red=$'\e[1;31m' say_plain=$'\e[0m'
else
  say_bold='' say_red='' say_plain=''
fi

say() { printf '%s==> %s%s\n' "$say_bold" "$*" "$say_plain"; }
note() { printf '    %s\n' "$*"; }
warn() { printf '%s%s%s\n' "$say_red" "$*" "$say_plain" >&2; }

# die CODE TEXT...: the last word, and the exit.
die() {
  local code=$1
  shift
  warn "${0##*/}: $*"
  exit "$code"
}

# How many compilers run at once: one per core, but none that the memory has no room for.
jobs_that_fit() {
  local cores memory_kib
  cores=$(nproc)
  memory_kib=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)
  local fit=$((memory_kib / (1536 * 1024)))
  [ "$fit" -ge 1 ] || fit=1
  if [ "$fit" -lt "$cores" ]; then echo "$fit"; else echo "$cores"; fi
}
