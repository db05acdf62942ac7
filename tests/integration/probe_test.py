"""Many targets behind one sidecar, named by who scrapes."""
import json
import re

import http_get
import server_test
from both_databases import PASSWORD, BothDatabases
from page import parse_text
from pillion_process import Pillion, toml
from postgres_server import MONITOR
from redis_server import RedisServer


class Probe(BothDatabases):
    def setUp(self):
        super().setUp()
        self.start_databases()
        self.second = RedisServer(self.sandbox, PASSWORD, name="second")
        host, port = self.postgres.address
        config = f"""
[probes.caches]
type = "redis"
targets = ["{self.redis.tcp_address}", "{self.second.tcp_address}", "127.0.0.1:1"]
password = {toml(PASSWORD)}
freshness = "100ms"
timeout = "2s"

[probes.databases]
type = "postgres"
targets = ["{host}:{port}"]
dsn = "postgresql://{{target}}/postgres?user={MONITOR}"
password = {toml(PASSWORD)}
"""
        self.pillion = Pillion(self.sandbox, config)
        self.addCleanup(self.pillion.process.kill)

    def probe(self, target, module="caches", status=200, path="/probe", more=""):
        answer = self.pillion.get(f"{path}?target={target}&module={module}{more}")
        self.assertEqual(answer.status, status, answer.text)
        return parse_text(answer.text) if status == 200 else answer.text

    def test_each_target_has_its_own_page_and_keeps_its_connection(self):
        def received():
            return int(re.search(r"total_connections_received:(\d+)",
                                 self.redis.command("INFO", "stats")).group(1))
        for number in range(20):
            self.second.command("SET", f"key{number}", "value")
        before = received()
        for _ in range(5):
            first = self.probe(self.redis.tcp_address)
            second = self.probe(f"redis://{self.second.tcp_address}", path="/scrape")
            self.assertEqual(first.value("redis_up"), 1)
            self.assertEqual(first.value("redis_db_keys", db="db0"), 1)
            self.assertEqual(second.value("redis_db_keys", db="db0"), 20)
        # One of the sidecar, and one of this question itself.
        self.assertEqual(received() - before, 2, "kept between probes")
        self.assertEqual(first.names("pg_"), set())
        self.assertEqual(first.names("pillion_build"), set())
        database = self.probe(":".join(map(str, self.postgres.address)), "databases")
        self.assertEqual(database.value("pg_up"), 1)
        self.assertIn("pg_stat_database_xact_commit", database.names("pg_"))
        narrow = self.probe(self.redis.tcp_address, more="&name[]=redis_up")
        self.assertEqual(narrow.names(), {"redis_up"})
        own = self.pillion.page()
        self.assertEqual(own.names("redis_"), set(), "the merged page has no probes")
        self.assertGreaterEqual(own.value("pillion_poll_duration_seconds_count",
                                          instance_name="probe/caches"), 2)
        status = json.loads(http_get.get(self.pillion.admin_address, "/status.json").text)
        probed = {i["name"] for i in status["instances"] if i["name"].startswith("probe/caches ")}
        self.assertEqual(probed, {f"probe/caches {self.redis.tcp_address}",
                                  f"probe/caches redis://{self.second.tcp_address}"})

    def test_a_target_that_is_down_or_not_allowed_costs_itself_only(self):
        self.assertEqual(self.probe("127.0.0.1:1").value("redis_up"), 0)
        self.assertIn("targets", self.probe("127.0.0.1:2", status=403))
        self.assertIn("targets", self.probe("localhost:22", "databases", status=403))
        self.probe(f"user@{self.redis.tcp_address}", status=400)
        self.probe(self.redis.tcp_address, "nobody", status=400)
        self.assertEqual(self.pillion.get("/probe").status, 400)
        self.assertEqual(self.probe(self.redis.tcp_address).value("redis_up"), 1)
        log = self.pillion.log(instance="probe/caches 127.0.0.1:1")
        self.assertEqual([line["msg"] for line in log], ["instance is down"])
        self.assertEqual(self.pillion.connections_to("127.0.0.1", 2), 0)


if __name__ == "__main__":
    server_test.main()
