# shellcheck shell=bash
# What benchmarks measure. Sourced after `root` is set, never run.

# release_build TARGET...: a release build of these targets in $build, unless one was named there.
release_build() {
  [ -z "${build:-}" ] || return 0
  build=${root:?}/build/release
  cmake -S "$root" --preset release >&2
  cmake --build "$build" --target "$@" >&2
}
