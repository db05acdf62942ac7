#!/usr/bin/env bash
# Builds Pillion and runs its tests. `tests/run.sh --help` says how.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=tests/lib/say.sh
. "$root/tests/lib/say.sh"
# shellcheck source=tests/lib/packages.sh
. "$root/tests/lib/packages.sh"

help() {
  cat <<'TEXT'
tests/run.sh [options]       build Pillion and run all its tests

Works on a fresh Debian 12 that has only git: Debian packages that are missing (the list is
tests/packages.txt) are installed first, with sudo if you are not root. No service is started or
enabled by that, and no database cluster is made. Tests start their own servers on loopback ports
and unix sockets, and stop them. Everything built is under build/PRESET.

  --preset PRESET   dev (default), release, asan, tsan, clang
  --part DIR        build and run only the tests under tests/DIR, such as core or core/http
  -R REGEX          run only the tests whose name matches
  -E REGEX          leave out the tests whose name matches
  -j N              that many compilers at once, half as many tests more (default: one per core)
  --fuzz SECONDS    then run each fuzzer for so long (clang is installed if missing)
  --no-install      never call apt; say what is missing and stop
  -h, --help        this text

  tests/run.sh                             everything, some minutes the first time
  tests/run.sh -R config                   what has "config" in its name
  tests/run.sh --preset tsan --part core   the core under ThreadSanitizer

Exit code: 0 all tests passed, 1 something failed, 2 wrong use or missing packages. A test that could
not run here (it says why) is listed before the summary; with CI=true in the environment, one that
apt or npm could have helped is a failure.
TEXT
}

preset=dev part='' jobs='' fuzz=0 ctest_filter=()

usage() { die 2 "$* (--help shows the options)"; }

parse() {
  while [ $# -gt 0 ]; do
    case $1 in
      -h | --help) help && exit 0 ;;
      --no-install) PILLION_NO_INSTALL=1 && shift && continue ;;
      --preset | --part | --fuzz | -R | -E | -j) [ $# -ge 2 ] || usage "$1 needs a value" ;;
      *) usage "unknown option '$1'" ;;
    esac
    case $1 in
      --preset) preset=$2 ;;
      --part) part=$2 ;;
      --fuzz) fuzz=$2 ;;
      -R | -E) ctest_filter+=("$1" "$2") ;;
      -j) jobs=$2 ;;
    esac
    shift 2
  done
  case $preset in
    dev | release | asan | tsan | clang) ;;
    *) usage "--preset $preset: dev, release, asan, tsan or clang" ;;
  esac
  [[ $fuzz =~ ^[0-9]+$ ]] || usage "--fuzz $fuzz: a number of seconds"
  [[ $jobs =~ ^([1-9][0-9]*)?$ ]] || usage "-j $jobs: a number"
  if [ -n "$part" ] && [ ! -f "$root/tests/$part/CMakeLists.txt" ]; then
    usage "--part $part: there is no tests/$part/CMakeLists.txt"
  fi
}

build() {
  # Checkouts in different places share what ccache knows.
  export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1 NINJA_STATUS='[%f/%t %es] '
  say "configure: preset $preset in build/$preset"
  cmake --preset "$preset" >"$build_dir.configure" 2>&1 || {
    cat "$build_dir.configure" >&2
    return 1
  }
  local target=all
  if [ -n "$part" ]; then target=tests/$part/all; fi
  say "build: $target, $jobs at once"
  cmake --build "$build_dir" -j "$jobs" --target "$target"
}

# Sanitizers end a process at the first finding; suppressions name only libraries of others.
sanitizer_options() {
  local rules=$root/tests/sanitizers/tsan.supp
  local asan=detect_leaks=1:halt_on_error=1:detect_stack_use_after_return=1
  # glibc no longer puts the header before a library's thread-local storage that LeakSanitizer looks
  # for there: what it finds instead made it crash at the end of a process, now and then.
  asan+=:intercept_tls_get_addr=0
  export ASAN_OPTIONS=${ASAN_OPTIONS:-$asan}
  export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}
  export TSAN_OPTIONS=${TSAN_OPTIONS:-suppressions=$rules:halt_on_error=1:second_deadlock_stack=1}
}

run_tests() {
  # Most of a test with servers is waiting.
  local result=0 at_once=$((jobs + (jobs + 1) / 2))
  say "tests, $at_once at once"
  rm -f -- "$build_dir/junit.xml"
  ctest --test-dir "$build_dir/tests/$part" --no-tests=error --output-on-failure -j "$at_once" \
    --output-junit "$build_dir/junit.xml" --test-output-size-passed 65536 "$@" </dev/null 2>&1 |
    tee "$build_dir/ctest.log" || result=1
  return $result
}

# Every target NAME_fuzz, built with clang in build/fuzz, from the corpus that the tree has for it:
# tests/fuzz/corpus/NAME, or exporters/E/testdata/corpus/PART for a NAME of E_PART. NAME.also beside
# it names a further folder of the tree.
fuzz_tests() {
  local fuzz_dir=$root/build/fuzz fuzzers=() name program corpus seeds result=0
  say "fuzz: build in build/fuzz"
  cmake --preset clang -B "$fuzz_dir" -DPILLION_FUZZ=ON \
    -DPILLION_SANITIZE=fuzzer-no-link,address,undefined >"$fuzz_dir.configure" 2>&1 || {
    cat "$fuzz_dir.configure" >&2
    return 1
  }
  mapfile -t fuzzers < <(ninja -C "$fuzz_dir" -t targets all | sed -n 's/^\([a-z0-9_]*_fuzz\): phony$/\1/p')
  if [ ${#fuzzers[@]} -eq 0 ]; then
    warn "there are no fuzzers"
    return 1
  fi
  cmake --build "$fuzz_dir" -j "$jobs" --target "${fuzzers[@]}" || return 1
  for name in "${fuzzers[@]}"; do
    program=$(find "$fuzz_dir" -type f -name "$name" -perm -u+x | head -n 1)
    name=${name%_fuzz}
    corpus=$root/tests/fuzz/corpus/$name
    [ -d "$corpus" ] || corpus=$root/exporters/${name%%_*}/testdata/corpus/${name#*_}
    seeds=("$corpus")
    if [ -f "$corpus.also" ]; then seeds+=("$root/$(cat "$corpus.also")"); fi
    mkdir -p "$fuzz_dir/found/$name"
    say "fuzz: $name, $fuzz seconds"
    "$program" -max_total_time="$fuzz" -timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=512 \
      -verbosity=0 -artifact_prefix="$fuzz_dir/found/$name-" "$fuzz_dir/found/$name" "${seeds[@]}" \
      </dev/null || {
      warn "$name: found something, see $fuzz_dir/found/$name-*"
      result=1
    }
  done
  return $result
}

# The end of CTest's output, from the sentence with the percentage on.
summary() { sed -n '/tests passed, [0-9]* tests\{0,1\} failed out of/,$p' "$build_dir/ctest.log"; }

main() {
  parse "$@"
  cd "$root"
  build_dir=$root/build/$preset
  local groups=(build servers test)
  if [ "$preset" = clang ] || [ "$fuzz" -gt 0 ]; then groups+=(clang); fi
  ensure_packages "${groups[@]}" || exit 2
  if [ -z "$jobs" ]; then jobs=$(jobs_that_fit); fi
  mkdir -p "$build_dir"
  sanitizer_options

  build || die 1 "the build failed"
  local result=0
  run_tests ${ctest_filter[@]+"${ctest_filter[@]}"} || result=1
  if [ "$fuzz" -gt 0 ]; then fuzz_tests || result=1; fi
  if [ -f "$build_dir/junit.xml" ]; then
    python3 "$root/tests/lib/skipped.py" "$build_dir/junit.xml" || result=1
  fi
  echo
  summary | tee "$build_dir/summary.txt"
  return $result
}

main "$@"
