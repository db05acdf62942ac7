# shellcheck shell=bash
# What the scripts of tests/bench share. Sourced, never run:
#
#   . "$(dirname "$0")/../lib/bench.sh"
#   bench_options "--scrapes --clients" "" "$@"
#   bench_build "build servers test" pillion pillion_exporter_redis
#   bench_python redis_clients.py

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=tests/lib/say.sh
. "$root/tests/lib/say.sh"
# shellcheck source=tests/lib/packages.sh
. "$root/tests/lib/packages.sh"

build=""      # the build that is measured; empty until there is one
arguments=()  # what the script itself is to look at

# bench_options VALUED WORDS ARGUMENT...: reads --build DIR and --help, which shows the comment that
# the script begins with; VALUED are its own options with a value, WORDS those without.
bench_options() {
  local valued=" $1 " words=" $2 "
  shift 2
  while (($#)); do
    case $1 in
      --build) build=$(realpath -- "${2:?--build needs a directory}"); shift 2 ;;
      -h | --help) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; exit 0 ;;
      *)
        if [[ $valued == *" $1 "* && $# -gt 1 ]]; then
          arguments+=("$1" "$2"); shift 2
        elif [[ $words == *" $1 "* ]]; then
          arguments+=("$1"); shift
        else
          die 2 "unknown argument $1, or it needs a value (try --help)"
        fi ;;
    esac
  done
}

# bench_takes WORD: whether it was given; it is not handed on then.
bench_takes() {
  local argument rest=() found=1
  for argument in "${arguments[@]}"; do
    if [ "$argument" = "$1" ]; then found=0; else rest+=("$argument"); fi
  done
  arguments=("${rest[@]}")
  return $found
}

# bench_build GROUPS TARGET...: the packages, and a release build unless one was named.
bench_build() {
  local groups
  read -ra groups <<<"$1"
  shift
  ensure_packages "${groups[@]}"
  [ -z "$build" ] || return 0
  build=$root/build/release
  cmake -S "$root" --preset release >&2
  cmake --build "$build" --target "$@" >&2
}

# bench_python FILE: the last word; FILE is below tests/bench.
bench_python() {
  PILLION_TEST_BINARY=$build/bin/pillion PILLION_TEST_SANITIZE="" PILLION_BUILD=$build \
    PILLION_BENCH_DIR=$build/tests/bench/exposition \
    exec python3 -B "$root/tests/bench/$1" "${arguments[@]}"
}
