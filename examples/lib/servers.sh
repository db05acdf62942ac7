# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034  # the script that sources this sets $dir and the ports, and reads the addresses
# The servers of the quickstart: PostgreSQL, Redis, a little load, Pillion and Prometheus. Each of
# them listens on a free port of 127.0.0.1 and keeps everything under $dir. Sourced after
# processes.sh; $database_user and $other_user are who they run as ('' is who we are).

START_SECONDS_MAX=60
LOAD_SECONDS_MAX=3600

# free_ports N: N ports of 127.0.0.1 that nobody uses now.
free_ports() {
  python3 - "$1" <<'PYTHON'
import socket
import sys
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(sys.argv[1]))]
print(*(s.getsockname()[1] for s in sockets))
PYTHON
}

# own_dir NAME USER: a directory of that user's under $dir.
own_dir() {
  mkdir -m 700 "$dir/$1"
  if [ -n "$2" ]; then chown "$2:" "$dir/$1"; fi
}

as_user() {
  local user=$1
  shift
  if [ -n "$user" ]; then
    setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups -- "$@"
  else
    "$@"
  fi
}

start_postgres() {
  local bin super socket=$dir/postgres/run
  bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
  [ -x "$bin/initdb" ] || die 1 "there is no initdb in /usr/lib/postgresql/*/bin"
  super=${database_user:-$(id -un)}
  own_dir postgres "$database_user"
  as_user "$database_user" mkdir "$socket"
  note "PostgreSQL: initdb"
  as_user "$database_user" "$bin/initdb" -D "$dir/postgres/data" -U "$super" --no-sync \
    --encoding UTF8 --locale C.UTF-8 --auth-local peer --auth-host scram-sha-256 \
    </dev/null >"$dir/initdb.log" 2>&1 || failed "initdb failed" initdb
  start postgres "$database_user" INT "$bin/postgres" -D "$dir/postgres/data" \
    -c listen_addresses=127.0.0.1 -c port="$postgres_port" -c unix_socket_directories="$socket" \
    -c fsync=off -c shared_buffers=16MB -c max_connections=30 -c dynamic_shared_memory_type=mmap
  sql=(as_user "$database_user" "$bin/psql" -XqAt -v ON_ERROR_STOP=1 -h "$socket"
    -p "$postgres_port" -U "$super" -d postgres)
  wait_until "$START_SECONDS_MAX" "PostgreSQL answers" "${sql[@]}" -c 'SELECT 1'

  # The one thing that a monitoring user needs; its password reaches Pillion in a file.
  monitor_password=$(od -An -N 16 -tx1 /dev/urandom | tr -d ' \n')
  "${sql[@]}" <<<"CREATE ROLE monitor LOGIN PASSWORD '$monitor_password'; GRANT pg_monitor TO monitor;" \
    >"$dir/role.log" 2>&1 || failed "could not make the role monitor" role

  as_user "$database_user" "$bin/pgbench" -i -q -s 1 -h "$socket" -p "$postgres_port" \
    -U "$super" postgres </dev/null >"$dir/pgbench-init.log" 2>&1 ||
    failed "pgbench -i failed" pgbench-init
  start pgbench "$database_user" TERM "$bin/pgbench" -n -c 2 -R 25 -T "$LOAD_SECONDS_MAX" \
    -h "$socket" -p "$postgres_port" -U "$super" postgres
  note "PostgreSQL: 127.0.0.1:$postgres_port, with pgbench at 25 transactions/s"
}

start_redis() {
  own_dir redis "$other_user"
  start redis "$other_user" TERM redis-server --port "$redis_port" --bind 127.0.0.1 \
    --dir "$dir/redis" --save '' --appendonly no --daemonize no
  wait_until "$START_SECONDS_MAX" "Redis answers" \
    redis-cli -h 127.0.0.1 -p "$redis_port" --no-auth-warning get nothing
  # shellcheck disable=SC2016  # the loop's own variables
  start redis-benchmark "$other_user" TERM bash -c '
    for ((second = 0; second < $1; second++)); do
      redis-benchmark -h 127.0.0.1 -p "$2" -q -n 50 -c 2 -r 1000 -t set,get,incr,lpush >/dev/null
      sleep 1
    done' load "$LOAD_SECONDS_MAX" "$redis_port"
  note "Redis: 127.0.0.1:$redis_port, with redis-benchmark at 200 commands/s"
}

# start_pillion BUILD_DIR: from a copy, for who it runs as may not see the checkout.
start_pillion() {
  own_dir pillion "$other_user"
  mkdir "$dir/pillion/bin" "$dir/pillion/exporters"
  cp -- "$1/bin/pillion" "$dir/pillion/bin/"
  cp -- "$1"/exporters/*.so "$dir/pillion/exporters/"
  (umask 077 && printf '%s\n' "$monitor_password" >"$dir/pillion/monitor-password")
  cat >"$dir/pillion/pillion.toml" <<TOML
[http]
listen = ["127.0.0.1:0"]
admin_listen = "127.0.0.1:0"

[exporters.orders_db]
type = "postgres"
dsn = "host=127.0.0.1 port=$postgres_port user=monitor dbname=postgres"
password = "\${file:$dir/pillion/monitor-password}"

[exporters.cache]
type = "redis"
address = "127.0.0.1:$redis_port"
TOML
  if [ -n "$other_user" ]; then chown -R "$other_user:" "$dir/pillion"; fi
  start pillion "$other_user" TERM "$dir/pillion/bin/pillion" serve \
    --config "$dir/pillion/pillion.toml" --port-file "$dir/pillion/ports"
  wait_until "$START_SECONDS_MAX" "Pillion has bound its ports" test -s "$dir/pillion/ports"
  scrape_address=$(awk '$1 == "scrape" { print $2; exit }' "$dir/pillion/ports")
  admin_address=$(awk '$1 == "admin" { print $2; exit }' "$dir/pillion/ports")
  wait_until "$START_SECONDS_MAX" "Pillion is healthy" curl -fsS "http://$scrape_address/-/healthy"
  note "Pillion: http://$scrape_address/metrics, configured by $dir/pillion/pillion.toml"
}

start_prometheus() {
  own_dir prometheus "$other_user"
  cat >"$dir/prometheus/prometheus.yml" <<YAML
global:
  scrape_interval: 2s
  scrape_timeout: 2s
scrape_configs:
  - job_name: pillion
    static_configs:
      - targets: ["$scrape_address"]
YAML
  if [ -n "$other_user" ]; then chown "$other_user:" "$dir/prometheus/prometheus.yml"; fi
  # At level debug it says why a scrape failed, which the quickstart reads at the end.
  start prometheus "$other_user" TERM prometheus --config.file "$dir/prometheus/prometheus.yml" \
    --storage.tsdb.path "$dir/prometheus/data" --storage.tsdb.retention.time 2h \
    --web.listen-address "127.0.0.1:$prometheus_port" --log.level debug --log.format logfmt
  wait_until "$START_SECONDS_MAX" "Prometheus is ready" \
    curl -fsS "http://127.0.0.1:$prometheus_port/-/ready"
  note "Prometheus: 127.0.0.1:$prometheus_port, scrapes every two seconds"
}
