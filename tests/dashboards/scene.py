"""Databases at work, read by the peers and by one sidecar, and a Prometheus on each side.

The two Prometheus give their targets the same labels, so that an expression can be asked of both as
it stands and the answers compared: only who read the databases differs.
"""
import signal
import sys
from pathlib import Path

import http_get
from memcached_server import MemcachedServer
from pgbouncer_server import PgBouncerServer
from pillion_process import Pillion, toml
from postgres_server import PostgresServer, SUPERUSER
from prometheus_server import PrometheusServer
from redis_server import RedisServer
from sandbox import executable, wait_until

RULES = Path(__file__).resolve().parents[2] / "deploy" / "prometheus"

PASSWORD = "dashboards"
DATABASE = "shop"

# What a cluster would add to each target, and the values of the dashboards' variables.
_LABELS = {"cluster": "one", "namespace": "shop", "kubernetes_namespace": "shop",
           "release": "orders", "pgbouncer_cluster": "one"}
_REDIS_LABELS = {"service": "cache", "container": "redis-server-exporter"}
_VARIABLES = {"cluster": "one", "namespace": "shop", "release": "orders", "service": "cache",
              "interval": "1m", "Interval": "10m", "__interval": "15s", "__rate_interval": "1m",
              "__range": "15m", "topk": "5", "top_database_count": "2", "mode": ".*", "device": ".*", "db": DATABASE,
              "datname": DATABASE, "Database": DATABASE, "settingsFilter": ""}
VARIABLES = {
    "postgres": {**_VARIABLES, "job": "postgresql", "instance": "db-0", "Instance": "db-0",
                 "host": "db-0"},
    "redis": {**_VARIABLES, "job": "redis", "instance": "redis-0", "pod": "redis-0",
              "pod_name": "redis-0"},
    "memcached": {**_VARIABLES, "job": "memcached", "instance": "memcached-0"},
    "pgbouncer": {**_VARIABLES, "job": "pgbouncer", "instance": "pgbouncer-0"},
}

# What it takes so that nearly every panel has something to show, in few seconds.
_SETTINGS = {"shared_preload_libraries": "pg_stat_statements", "track_io_timing": "on",
             "autovacuum_naptime": "1s", "autovacuum_vacuum_threshold": "1",
             "autovacuum_vacuum_scale_factor": "0", "autovacuum_analyze_threshold": "1",
             "autovacuum_analyze_scale_factor": "0"}
_TABLES = """
\\c shop
CREATE EXTENSION pg_stat_statements;
CREATE TABLE orders (id int PRIMARY KEY, paid bool);
CREATE TABLE items (id int PRIMARY KEY, text text);
INSERT INTO orders SELECT i, false FROM generate_series(1, 2000) i;
INSERT INTO items SELECT i, repeat('x', 100) FROM generate_series(1, 2000) i;
SELECT pg_create_physical_replication_slot('unused', true);
"""
_WORK = """
UPDATE orders SET paid = NOT paid WHERE id < 20;
SELECT count(*) FROM items;
SELECT text FROM items WHERE id = 7;
INSERT INTO items VALUES (-1, '') ON CONFLICT DO NOTHING;
DELETE FROM items WHERE id < 0;
BEGIN;
ROLLBACK;
"""
# One session keeps a transaction and a row's lock, the other waits for it.
_HOLD = """
BEGIN;
SELECT count(*) FROM orders, items WHERE orders.id = items.id;
SELECT * FROM orders WHERE id = 1000 FOR UPDATE;
\\sleep 1000 s
END;
"""

_MEMCACHED_WORK = """
import socket, sys, time
s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
while True:
    s.sendall(b"set key 0 60 5\\r\\nvalue\\r\\nget key\\r\\nget none\\r\\n")
    s.recv(1000)
    time.sleep(0.1)
"""

# What the peer's file of queries gave at that time: dashboards still ask for these names.
_PEER_QUERIES = """
pg_replication:
  query: "SELECT CASE WHEN pg_is_in_recovery() THEN 1 ELSE 0 END AS lag"
  metrics: [{lag: {usage: GAUGE}}]
pg_postmaster:
  query: "SELECT pg_postmaster_start_time() AS start_time_seconds"
  metrics: [{start_time_seconds: {usage: GAUGE}}]
pg_database:
  query: "SELECT datname, pg_database_size(datname) AS size FROM pg_database"
  metrics: [{datname: {usage: LABEL}}, {size: {usage: GAUGE}}]
pg_stat_statements:
  query: "SELECT rolname, datname, queryid, calls, total_exec_time / 1000 AS total_time_seconds
          FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid
          JOIN pg_database d ON d.oid = s.dbid"
  metrics: [{rolname: {usage: LABEL}}, {datname: {usage: LABEL}}, {queryid: {usage: LABEL}},
            {calls: {usage: COUNTER}}, {total_time_seconds: {usage: COUNTER}}]
pg_stat_user_tables:
  query: "SELECT current_database() AS datname, schemaname, relname, seq_scan, seq_tup_read,
          coalesce(idx_scan, 0) AS idx_scan, n_tup_ins, n_tup_upd, n_tup_del, n_tup_hot_upd,
          n_live_tup, n_dead_tup, coalesce(last_vacuum, to_timestamp(0)) AS last_vacuum,
          coalesce(last_autovacuum, to_timestamp(0)) AS last_autovacuum,
          coalesce(last_analyze, to_timestamp(0)) AS last_analyze,
          coalesce(last_autoanalyze, to_timestamp(0)) AS last_autoanalyze
          FROM pg_stat_user_tables"
  metrics: [{datname: {usage: LABEL}}, {schemaname: {usage: LABEL}}, {relname: {usage: LABEL}},
            {seq_scan: {usage: COUNTER}}, {seq_tup_read: {usage: COUNTER}},
            {idx_scan: {usage: COUNTER}}, {n_tup_ins: {usage: COUNTER}},
            {n_tup_upd: {usage: COUNTER}}, {n_tup_del: {usage: COUNTER}},
            {n_tup_hot_upd: {usage: COUNTER}}, {n_live_tup: {usage: GAUGE}},
            {n_dead_tup: {usage: GAUGE}}, {last_vacuum: {usage: GAUGE}},
            {last_autovacuum: {usage: GAUGE}}, {last_analyze: {usage: GAUGE}},
            {last_autoanalyze: {usage: GAUGE}}]
"""




class Scene:
    """`peers` and `ours`: the two Prometheus."""

    def __init__(self, sandbox):
        self._sandbox = sandbox
        self._start_postgres()
        self._start_redis()
        self._start_others()
        postgres, master, replica = self._start_peers()
        self._pillion = self._start_pillion()
        ours = self._pillion.address
        self.peers = PrometheusServer(
            sandbox,
            _job("postgresql", (postgres, {"instance": "db-0"})) +
            _job("redis", (master, _redis("redis-0")), (replica, _redis("redis-1"))),
            "prometheus_of_peers")
        self.ours = PrometheusServer(
            sandbox,
            # With the process_* of the sidecar itself, as a peer's page has them.
            _job("postgresql", (ours, {"instance": "db-0"}),
                 params="instance: [shop_db, pillion]") +
            _job("redis", (ours, {**_redis("redis-0"), **_path("cache")}),
                 (ours, {**_redis("redis-1"), **_path("cache_replica")})) +
            _job("memcached", (ours, {"instance": "memcached-0", **_path("objects")})) +
            _job("pgbouncer", (ours, {"instance": "pgbouncer-0", **_path("pooler")})) +
            _job("pillion", (ours, {"instance": "pillion-0", **_path("pillion")})),
            "prometheus_of_ours", rule_files=sorted(RULES.glob("*.rules.yml")))
        for prometheus in (self.peers, self.ours):
            for job in ("postgresql", "redis"):
                prometheus.await_scrapes(job, 4)
        for job in ("memcached", "pgbouncer", "pillion"):
            self.ours.await_scrapes(job, 4)

    def _start_postgres(self):
        self.postgres = PostgresServer(self._sandbox, PASSWORD, _SETTINGS)
        self.postgres.sql(f"CREATE DATABASE {DATABASE}")
        self.postgres.sql(_TABLES)
        bin_dir, user = self.postgres.bin_dir, self.postgres.user
        session = ["-h", self.postgres.socket_dir, "-p", self.postgres.port, "-U", SUPERUSER]
        for name, script, options in (("work", _WORK, ("--rate", "20", "-T", "3600")),
                                      ("hold", _HOLD, ("-c", "2", "-t", "1"))):
            file = self._sandbox.dir / f"{name}.sql"
            file.write_text(script)
            self._sandbox.start(name, [bin_dir / "pgbench", "-n", *session, "-f", file, *options,
                                       DATABASE], user=user)
        replica = self._sandbox.own_dir("postgres_replica", user)
        self._sandbox.run([bin_dir / "pg_basebackup", *session, "-D", replica / "data", "-R", "-c",
                           "fast", "--no-sync"], user=user)
        self._sandbox.start("postgres_replica", [
            bin_dir / "postgres", "-D", replica / "data", "-c", "listen_addresses=", "-c",
            f"unix_socket_directories={replica}", "-c", "max_connections=30", "-c",
            "shared_buffers=16MB", "-c", "fsync=off", "-c", "dynamic_shared_memory_type=mmap"],
            user=user, death_signal=signal.SIGQUIT)
        wait_until("the replica streams", lambda: self.postgres.sql(
            "SELECT 1 FROM pg_stat_replication WHERE replay_lag IS NOT NULL"))

    def _start_redis(self):
        """A cluster of one master and its replica."""
        self.redis, self.replica = (
            RedisServer(self._sandbox, name=name, options=(
                "--cluster-enabled", "yes", "--cluster-port", self._sandbox.port(),
                "--cluster-config-file", "nodes.conf", "--maxmemory", "64mb",
                "--repl-diskless-sync-delay", "0", "--appendonly", "yes"))
            for name in ("redis", "redis_replica"))
        self.redis.command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        bus = self.redis.command("CONFIG", "GET", "cluster-port")[1]
        self.replica.command("CLUSTER", "MEET", self.redis.host, self.redis.port, bus)
        master = self.redis.command("CLUSTER", "MYID")
        wait_until("the nodes have met",
                   lambda: master in self.replica.command("CLUSTER", "NODES") and
                   "cluster_state:ok" in self.redis.command("CLUSTER", "INFO"),
                   alive=[self.replica.process])
        self.replica.command("CLUSTER", "REPLICATE", master)
        self.redis.command("SET", "key", "value")
        self.redis.command("SET", "passing", "value", "EX", 3600)
        self._sandbox.start("redis_work", [
            executable("redis-cli", "redis-tools"), "-s", self.redis.socket_path, "-r", "-1", "-i",
            "0.1", "EVAL", "redis.call('GET', KEYS[1]) redis.pcall('INCR', KEYS[1]) "
            "return redis.call('GET', KEYS[2])", "2",
            "{a}key", "{a}none"])
        self.redis.command("SET", "{a}key", "value")
        wait_until("the replica follows", lambda: "master_link_status:up" in
                   self.replica.command("INFO", "replication"), alive=[self.replica.process])

    def _start_others(self):
        """Those that no peer reads here."""
        self.memcached = MemcachedServer(self._sandbox)
        self._sandbox.start("memcached_work", [sys.executable, "-c", _MEMCACHED_WORK,
                                               self.memcached.host, self.memcached.port])
        self.pooler = PgBouncerServer(self._sandbox, self.postgres, PASSWORD, DATABASE)
        file = self._sandbox.dir / "pooled.sql"
        file.write_text("SELECT 1;\n")
        self._sandbox.start("pooled_work", [
            self.postgres.bin_dir / "pgbench", "-n", "-h", self.pooler.host, "-p",
            self.pooler.port, "-U", "app", "-f", file, "--rate", "5", "-T", "3600", "orders"],
            env={"PGPASSWORD": "app"})

    def _start_peers(self):
        queries = self._sandbox.dir / "peer_queries.yaml"
        queries.write_text(_PEER_QUERIES)
        dsn = self._dsn() + f" password={PASSWORD} sslmode=disable"
        addresses = [f"{self._sandbox.host}:{self._sandbox.port()}" for _ in range(3)]
        processes = [self._sandbox.start(
            "postgres_exporter",
            [executable("prometheus-postgres-exporter", "prometheus-postgres-exporter"),
             f"--web.listen-address={addresses[0]}", f"--extend.query-path={queries}",
             "--log.level=error"], env={"DATA_SOURCE_NAME": dsn})]
        for server, address in zip((self.redis, self.replica), addresses[1:]):
            processes.append(self._sandbox.start(
                f"exporter_of_{server.home.name}",
                [executable("prometheus-redis-exporter", "prometheus-redis-exporter"),
                 f"-web.listen-address={address}", "-include-system-metrics",
                 f"-redis.addr=redis://{server.tcp_address}"], env={}))
        for process, address in zip(processes, addresses):
            wait_until(f"{process.name} answers", lambda a=address: _answers(a), alive=[process])
        return addresses

    def _start_pillion(self):
        return Pillion(self._sandbox, f"""
[exporters.shop_db]
type = "postgres"
dsn = {toml(self._dsn())}
password = {toml(PASSWORD)}
compat = ["0.9", "0.11", "0.15", "0.19"]
collectors = {{ stat_statements = true, statio_user_indexes = true }}

[exporters.cache]
type = "redis"
address = {toml(self.redis.tcp_address)}
include_system_metrics = true

[exporters.cache_replica]
type = "redis"
address = {toml(self.replica.tcp_address)}
include_system_metrics = true
labels = {{ copy = "replica" }}

[exporters.objects]
type = "memcached"
address = {toml(self.memcached.address)}

[exporters.pooler]
type = "pgbouncer"
dsn = {toml(self.pooler.dsn())}
password = {toml(PASSWORD)}
old_names = true
""")

    def _dsn(self):
        return self.postgres.dsn.replace("dbname=postgres", f"dbname={DATABASE}")


def _answers(address):
    try:
        return http_get.get(address, "/metrics").status == 200
    except OSError:
        return False


def _redis(pod):
    return {**_REDIS_LABELS, "instance": pod, "pod": pod, "statefulset_kubernetes_io_pod_name": pod}


def _path(instance):
    return {"__metrics_path__": f"/metrics/{instance}"}


def _job(name, *targets, params=""):
    """`targets`: (address, labels)."""
    text = f"  - job_name: {name}\n" + (f"    params: {{{params}}}\n" if params else "")
    text += "    static_configs:\n"
    for address, labels in targets:
        pairs = ", ".join(f"{k}: {v}" for k, v in {**_LABELS, **labels}.items())
        text += f'      - {{targets: ["{address}"], labels: {{{pairs}}}}}\n'
    return text
