#!/usr/bin/env bash
# Pillion beside a PostgreSQL and a Redis, scraped by Prometheus. `--help` says more.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=tests/lib/say.sh
. "$root/tests/lib/say.sh"
# shellcheck source=tests/lib/packages.sh
. "$root/tests/lib/packages.sh"
# shellcheck source=examples/lib/processes.sh
. "$root/examples/lib/processes.sh"
# shellcheck source=examples/lib/servers.sh
. "$root/examples/lib/servers.sh"

SERIES_SECONDS_MAX=60

help() {
  cat <<'TEXT'
examples/quickstart.sh [options]       from a checkout to live graphs

Builds Pillion, then starts on free ports of 127.0.0.1 a PostgreSQL and a Redis of its own with a
little load, Pillion beside them, and a Prometheus that scrapes it every two seconds. Prints where to look
and what Prometheus knows. Ctrl-C stops all of it and leaves nothing.

Works on a fresh Debian 12 that has only git: what is missing (tests/packages.txt, groups build and
servers) is installed first, with sudo if you are not root. No service is started or enabled by
that, and no database cluster is made; your own servers, if any, are not touched.

  --once         check that all expected series are there, and stop: exit code 0, or 1 with the reason
  --build DIR    use the pillion of this build directory instead of building one
  --no-install   never call apt; say what is missing and stop
  -h, --help     this text

Exit code: 0 fine, 1 something failed, 2 wrong use or missing packages.
TEXT
}

once=0 build_dir=''

parse() {
  while [ $# -gt 0 ]; do
    case $1 in
      -h | --help) help && exit 0 ;;
      --once) once=1 && shift ;;
      --no-install) PILLION_NO_INSTALL=1 && shift ;;
      --build)
        [ $# -ge 2 ] || die 2 "--build needs a directory"
        [ -x "$2/bin/pillion" ] || die 2 "--build $2: there is no $2/bin/pillion"
        build_dir=$(cd "$2" && pwd) && shift 2
        ;;
      *) die 2 "unknown option '$1' (--help shows the options)" ;;
    esac
  done
}

build() {
  local jobs
  jobs=$(jobs_that_fit)
  build_dir=$root/build/quickstart
  mkdir -p "$build_dir"
  export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1 NINJA_STATUS='    [%f/%t %es] '
  say "building Pillion in build/quickstart, $jobs compilers at once (some minutes the first time)"
  # The release preset without tests and their libraries; one quickstart at a time builds.
  exec 9>"$build_dir.lock"
  flock -w 1800 9 || die 1 "another quickstart has been building for half an hour"
  attend cmake -S "$root" --preset release -B "$build_dir" -DPILLION_BUILD_TESTS=OFF \
    -DPILLION_WERROR=OFF >"$dir/configure.log" 2>&1 9>&- || failed "cmake failed" configure
  attend cmake --build "$build_dir" -j "$jobs" --target pillion pillion_exporter_postgres \
    pillion_exporter_redis 9>&- || die 1 "the build failed"
  exec 9>&-
}

# Who the servers run as: PostgreSQL refuses to be root, and the others have no need to be.
choose_users() {
  database_user='' other_user=''
  if [ "$(id -u)" -ne 0 ]; then return; fi
  local user
  for user in postgres nobody; do
    if [ -z "$database_user" ] && id "$user" >/dev/null 2>&1; then database_user=$user; fi
  done
  [ -n "$database_user" ] || die 1 "as root I need a user postgres or nobody to run PostgreSQL as"
  other_user=nobody
  id "$other_user" >/dev/null 2>&1 || other_user=$database_user
}

start_all() {
  local ports
  ports=$(free_ports 3)
  read -r postgres_port redis_port prometheus_port <<<"$ports"
  say "starting PostgreSQL, Redis, Pillion and Prometheus in $dir"
  start_postgres
  start_redis
  start_pillion "$build_dir"
  start_prometheus
}

# What Prometheus had to say about the pages it scraped: warnings, and samples it refused. A scrape
# that came too late, on a machine under load, is none of these; then `up` was 0 for a moment.
scrape_complaints() {
  grep 'component="scrape manager"' "$dir/prometheus.log" |
    grep -E 'level=(warn|error)|msg="(Scrape|Append) failed"' | grep -v 'deadline exceeded' || true
}

# Shows what Prometheus knows; fails if something expected is not there.
check() {
  local result=0 complaints
  say "what Prometheus knows"
  attend python3 -B "$root/examples/lib/expected_series.py" "http://127.0.0.1:$prometheus_port" \
    "$SERIES_SECONDS_MAX" || result=1
  complaints=$(scrape_complaints | head -n 5)
  if [ -n "$complaints" ]; then
    warn "Prometheus complains about what it scraped:"
    warn "$complaints"
    result=1
  fi
  return $result
}

show() {
  say "look here"
  note "Prometheus   http://127.0.0.1:$prometheus_port/graph?g0.range_input=5m&g0.tab=0&g0.expr=rate(pg_stat_database_xact_commit%5B10s%5D)"
  note "metrics      http://$scrape_address/metrics"
  note "status page  http://$admin_address/"
  note "psql         psql 'host=127.0.0.1 port=$postgres_port user=monitor dbname=postgres' (password in $dir/pillion/monitor-password)"
  note "redis-cli    redis-cli -p $redis_port"
}

# Until Ctrl-C, or until one of the servers is no more. The load ends after an hour.
watch_over() {
  local i
  say "Ctrl-C stops everything"
  while :; do
    for i in "${!started_pids[@]}"; do
      is_running "${started_pids[i]}" && continue
      case ${started_names[i]} in
        pgbench | redis-benchmark) ;;
        *) failed "${started_names[i]} ended" "${started_names[i]}" ;;
      esac
    done
    pause 1
  done
}

at_exit() {
  local code=$?
  trap '' INT TERM HUP PIPE
  trap - EXIT
  set +e  # a terminal that is gone must not keep us from cleaning up
  if [ ${#started_pids[@]} -gt 0 ]; then say "stopping"; fi
  stop_all
  if [ -n "${dir:-}" ]; then rm -rf -- "$dir"; fi
  exit "$code"
}

main() {
  parse "$@"
  ensure_packages build servers || exit 2
  # Others must be able to pass, so not the private temporary directory that root may have.
  local base=${TMPDIR:-/tmp}
  if [ "$(id -u)" -eq 0 ]; then base=/tmp; fi
  dir=
  trap at_exit EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 141' PIPE
  trap 'exit 143' TERM
  dir=$(mktemp -d "$base/pillion-quickstart.XXXXXX")
  chmod 755 "$dir"
  choose_users
  [ -n "$build_dir" ] || build
  start_all
  local result=0
  check || result=1
  if [ "$once" = 1 ]; then
    if [ "$result" != 0 ]; then failed "not everything expected is there (see above)" pillion; fi
    say "everything expected is there"
    exit 0
  fi
  show
  watch_over
}

main "$@"
