#!/bin/sh
# The executable and each module are hardened as core/cmake/PillionTargets.cmake asks for: read from
# the files, because a target that forgets pillion_flags would build and run as well.
#
# usage: hardened_test.sh BUILD_DIR BUILD_TYPE
set -eu
build=$1 type=$2
failed=0 seen=0

fail() { echo "FAILED: $1: $2" >&2; failed=1; }
# shows FILE WHAT TEXT OPTION...: readelf's output has the text
shows() {
  file=$1 what=$2 text=$3
  shift 3
  LC_ALL=C readelf -W "$@" "$file" | grep -Eq -- "$text" || fail "$file" "$what"
}

for file in "$build"/bin/pillion "$build"/exporters/*.so "$build"/exporters/compat/*.so; do
  [ -f "$file" ] || continue
  seen=$((seen + 1))
  shows "$file" 'its tables stay writable after the start (-z relro)' 'GNU_RELRO' -l
  shows "$file" 'functions are looked up late (-z now)' '\((FLAGS|FLAGS_1)\).*NOW' -d
  shows "$file" 'its stack is executable' 'GNU_STACK.* RW +0x' -l
  shows "$file" 'its stack frames are not guarded (-fstack-protector-strong)' \
    '__stack_chk_fail' --dyn-syms
done
shows "$build/bin/pillion" 'it is loaded to a fixed address (-pie)' '\(FLAGS_1\).*PIE' -d
if [ "$type" = Debug ]; then
  echo "-- not looked at: _FORTIFY_SOURCE, which a build of type Debug does not have"
else
  shows "$build/bin/pillion" 'writes to buffers are not checked (_FORTIFY_SOURCE)' \
    '__(mem|str|v?sn?printf|read|recv|poll|fd)[a-z]*_chk' --dyn-syms
fi
[ "$seen" -ge 2 ] || fail "$build" "only $seen files to look at"
[ "$failed" = 0 ] || exit 1
echo "$seen files are hardened"
