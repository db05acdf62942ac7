#!/bin/sh
# Installs a build, builds examples/custom_exporter against the installed package with g++, runs
# its test, and shows that `pillion` loads it and refuses a module of another ABI version.
#
# usage: installed_package_test.sh CMAKE SOURCE_DIR BUILD_DIR WRONG_ABI_SO
#
# The part that needs the executable is skipped, and says so, if the build has none.
set -eu
cmake=$1 source=$2 build=$3 wrong_abi=$4

work=$(mktemp -d "${TMPDIR:-/tmp}/pillion-package-XXXXXX")
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix

step() { echo "-- $*"; }
fail() { echo "FAILED: $*" >&2; exit 1; }
# run LOG COMMAND...: quiet unless it fails
run() {
  log=$work/$1.log
  shift
  "$@" >"$log" 2>&1 || { cat "$log" >&2; fail "$*"; }
}
# contains FILE TEXT
contains() { grep -qF -- "$2" "$1" || { cat "$1" >&2; fail "no \`$2\` in $(basename "$1")"; }; }

# exports MODULE: it has exactly one symbol, the entry function.
exports() {
  symbols=$(nm -D --defined-only "$1" | awk '{print $NF}')
  [ "$symbols" = pillion_plugin_entry ] || fail "$1 exports: $symbols"
}

step "install the SDK"
run install_sdk "$cmake" --install "$build" --prefix "$prefix" --component sdk
for file in plugin.h exporter.hpp testing/test_host.hpp testing/scripted_server.hpp; do
  [ -f "$prefix/include/pillion/$file" ] || fail "include/pillion/$file is not installed"
done
package=$(dirname "$(find "$prefix" -name PillionConfig.cmake)")
! grep -rn -e pillion_flags -e Wshadow -e fsanitize "$package"/PillionTargets*.cmake ||
  fail "our own compiler flags reach consumers"
! grep -rnF "$source" "$package" || fail "the package names the source tree"

step "only versions that fit are found"
mkdir "$work/versions"
cat >"$work/versions/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.20)
project(versions LANGUAGES NONE)
find_package(Pillion ${WANTED} REQUIRED)
END
run version_fits "$cmake" -S "$work/versions" -B "$work/versions/0.1" \
  -DWANTED=0.1 -DCMAKE_PREFIX_PATH="$prefix"
for wanted in 0.2 1.0; do
  if "$cmake" -S "$work/versions" -B "$work/versions/$wanted" -DWANTED=$wanted \
    -DCMAKE_PREFIX_PATH="$prefix" >"$work/version.log" 2>&1; then
    fail "find_package(Pillion $wanted) took another version"
  fi
  contains "$work/version.log" 'compatible with requested version'
done

step "build the example out of tree and run its test"
cp -r "$source/examples/custom_exporter" "$work/example"
run configure "$cmake" -S "$work/example" -B "$work/out" -DCMAKE_PREFIX_PATH="$prefix" \
  -DCMAKE_CXX_COMPILER=g++ -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_CXX_FLAGS="-Wall -Wextra -Wpedantic -Werror"
run build "$cmake" --build "$work/out"
run example_test "$work/out/spool_test"
exports "$work/out/spool.so"

if [ ! -x "$build/bin/pillion" ]; then
  step "skipped: this build has no executable"
  exit 0
fi

step "install the executable and the modules"
run install_runtime "$cmake" --install "$build" --prefix "$prefix" --component runtime
pillion=$prefix/bin/pillion
for module in "$prefix"/lib*/pillion/exporters/*.so "$prefix"/lib/*/pillion/exporters/*.so; do
  [ ! -e "$module" ] || exports "$module"
done

step "list names the module of --plugin-dir and those that are installed"
mkdir "$work/plugins"
cp "$work/out/spool.so" "$work/plugins"
run list "$pillion" list --plugin-dir "$work/plugins"
contains "$work/list.log" spool
for module in "$prefix"/lib*/pillion/exporters/*.so "$prefix"/lib/*/pillion/exporters/*.so; do
  [ ! -e "$module" ] || contains "$work/list.log" "$(basename "$module" .so)"
done

step "scrape shows its metrics"
mkdir "$work/spool"
printf 12345 >"$work/spool/one"
printf 67 >"$work/spool/two"
run scrape "$pillion" scrape --plugin-dir "$work/plugins" --exporter "spool=$work/spool"
contains "$work/scrape.log" "# TYPE spool_files gauge"
grep -q '^spool_files\({.*}\)\? 2$' "$work/scrape.log" || fail "spool_files is not 2"
grep -q '^spool_bytes\({.*}\)\? 7$' "$work/scrape.log" || fail "spool_bytes is not 7"

step "a target that is not there is a failed scrape with a reason"
if "$pillion" scrape --plugin-dir "$work/plugins" --exporter "spool=$work/gone" \
  >"$work/gone.log" 2>&1; then
  fail "scrape of a missing directory exited 0"
fi
grep -q '^pillion_instance_up{.*} 0$' "$work/gone.log" || fail "no pillion_instance_up 0"

step "a module of another ABI version is refused with both versions"
cp "$wrong_abi" "$work/plugins"
"$pillion" list --plugin-dir "$work/plugins" >"$work/wrong_list.log" 2>&1 || true
contains "$work/wrong_list.log" "built for plugin ABI 999, this pillion speaks 0"
contains "$work/wrong_list.log" spool
if "$pillion" scrape --plugin-dir "$work/plugins" --exporter wrong_abi=x \
  >"$work/wrong_scrape.log" 2>&1; then
  fail "a module of another ABI version was used"
fi
contains "$work/wrong_scrape.log" "built for plugin ABI 999, this pillion speaks 0"

echo "ok"
