"""The flags of redis_exporter, all at once, given to it and to Pillion in its place."""
import fnmatch
import os
import sys
from pathlib import Path

import http_get
import server_test
from page import parse_text
from pillion_process import _environment, binary
from redis_server import RedisServer
from sandbox import executable, wait_until

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "bench"))
import differences  # noqa: E402

# Two numbers by a script, as the peer's reads them: names and values in turn.
_SCRIPT = 'return {"answer", "42", "keys_of_db0", tostring(redis.call("DBSIZE"))}'
_FLAGS = {
    "include-system-metrics": "true", "include-config-metrics": "true",
    "redact-config-metrics": "true", "export-client-list": "true", "export-client-port": "true",
    "check-keys": "db0=session:*,db1=cart:*", "check-single-keys": "db0=visits,db0=no_such_key",
    "check-streams": "db2=orders:*", "check-single-streams": "db2=payments",
    "count-keys": "db0=session:*,db1=*", "check-keys-batch-size": "100",
    "check-key-groups": "^(session):.*$,^(cart):(%d+)$", "max-distinct-key-groups": "5",
    "ping-on-connect": "true", "redis-only-metrics": "true", "set-client-name": "true",
}
# Whose values change with who asks: each has a connection, a name and a moment of its own.
_MOVING = ("redis_connected_client_*", "redis_exporter_*", "redis_memory_used_*", "redis_clients_*",
           "redis_connected_clients", "redis_client_*", "redis_allocator_*", "redis_mem_*",
           "redis_net_*", "redis_*_seconds_total", "redis_cpu_*", "redis_commands_*",
           "redis_keyspace_*", "redis_rdb_*", "redis_uptime_*", "redis_stream_*idle*",
           "redis_last_key_groups_scrape_duration_milliseconds", "redis_process_*",
           "redis_total_reads_processed", "redis_total_writes_processed")


class RedisFlags(server_test.ServerTest):
    def fill(self):
        with self.redis.session() as call:
            call("CONFIG", "SET", "latency-monitor-threshold", "1")
            call("CONFIG", "SET", "slowlog-log-slower-than", "0")
            for i in range(30):
                call("SET", f"session:{i}", "x" * i)
            call("SET", "visits", "17")
            call("DEBUG", "SLEEP", "0.01")
            call("HSET", "session:hash", "a", "1", "b", "2")
            call("RPUSH", "session:list", "a", "b", "c")
            call("SELECT", "1")
            for i in range(7):
                call("SADD", f"cart:{i}", "a", "b")
            call("ZADD", "cart:sorted", "1", "a")
            call("SET", "else", "1", "EX", "10000")
            call("SELECT", "2")
            for key in ("orders:1", "orders:2", "payments"):
                call("XADD", key, "*", "field", "value")
                call("XGROUP", "CREATE", key, "workers", "0")
                call("XREADGROUP", "GROUP", "workers", "first", "COUNT", "1", "STREAMS", key, ">")
            call("CONFIG", "SET", "slowlog-log-slower-than", "-1")

    def flags(self, address):
        script = self.sandbox.dir / "numbers.lua"
        script.write_text(_SCRIPT)
        flags = {**_FLAGS, "script": script, "web.listen-address": address,
                 "redis.addr": f"redis://{self.redis.tcp_address}"}
        return [f"--{name}={value}" for name, value in flags.items()]

    def start(self, name, executable_path, env):
        address = f"{self.sandbox.host}:{self.sandbox.port()}"
        process = self.sandbox.start(name, [executable_path, *self.flags(address)], env=env)
        self.addCleanup(process.kill)
        wait_until(f"{name} serves", lambda: http_get.answers(address), alive=[process])
        return lambda: parse_text(http_get.get(address, "/metrics").text)

    def test_side_by_side(self):
        self.redis = RedisServer(self.sandbox, options=["--enable-debug-command", "local",
                                                         "--repl-diskless-sync-delay", "0"])
        self.replica = RedisServer(self.sandbox, name="replica", options=[
            "--replicaof", self.redis.host, str(self.redis.port)])
        wait_until("the replica is in step", lambda: "master_link_status:up" in
                   self.replica.command("INFO", "replication"))
        self.fill()
        peer = self.start("peer", executable("prometheus-redis-exporter",
                                             "prometheus-redis-exporter"), {})
        link = self.sandbox.dir / "redis_exporter"
        os.symlink(binary(), link)
        ours = self.start("redis_exporter", link, _environment(None))
        # Scans are beside the scrapes, the first of them soon after the start.
        wait_until("everything was scanned", lambda: all(
            ours().names(name) for name in ("redis_key_group_count", "redis_stream_length",
                                            "redis_keys_count", "redis_key_size")))
        try:
            wait_until("both tell the same", lambda: not self.found(peer, ours))
        except AssertionError:
            self.assertEqual(self.left, {})
            raise

    def found(self, peer, ours):
        """What no reason explains. Polls are apart: what came in between is there the next time."""
        missing, series, values = differences.compare(peer(), ours(), peer())
        values = {name: (key, told) for (name, key), told in values.items()
                  if not any(fnmatch.fnmatchcase(name, moving) for moving in _MOVING)}
        known = differences.known_reasons()
        self.left = {name: what
                     for found in (dict.fromkeys(missing, "is no family of ours"), series, values)
                     for name, what in found.items() if not differences.reason_for(name, known)}
        return self.left


if __name__ == "__main__":
    server_test.main()
