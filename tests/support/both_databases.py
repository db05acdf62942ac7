"""A PostgreSQL, a Redis, and the configuration of a sidecar that reads both."""
from pillion_process import Pillion, toml
from postgres_server import PostgresServer
from redis_server import RedisServer
from server_test import ServerTest

PASSWORD = "marker-9c2e"  # must never be seen anywhere


class BothDatabases(ServerTest):
    """Instances orders_db and cache."""

    postgres_settings = {}

    def start_databases(self):
        self.postgres = PostgresServer(self.sandbox, PASSWORD, self.postgres_settings)
        self.redis = RedisServer(self.sandbox, PASSWORD)
        self.postgres.sql("CREATE TABLE t (a int PRIMARY KEY); INSERT INTO t VALUES (1); "
                          "SELECT * FROM t")
        self.redis.command("SET", "key", "value")

    def config(self, top="", freshness="100ms", cache=""):
        """`top` stands before the instances, `cache` inside of the second."""
        return f"""{top}
[exporters.orders_db]
type = "postgres"
dsn = {toml(self.postgres.dsn)}
password = {toml(PASSWORD)}
freshness = "{freshness}"

[exporters.cache]
type = "redis"
address = "{self.redis.tcp_address}"
password = {toml(PASSWORD)}
freshness = "{freshness}"
{cache}"""

    def start_pillion(self, top="", freshness="100ms", cache="", **more):
        """Started, with what the first polls of a session add to the page already there."""
        pillion = Pillion(self.sandbox, self.config(top, freshness, cache), **more)
        self.addCleanup(pillion.process.kill)
        return pillion

    def assert_up(self, page, orders_db=1, cache=1):
        self.assertEqual(page.value("pg_up"), orders_db)
        self.assertEqual(page.value("redis_up"), cache)
        self.assertEqual(page.value("pillion_instance_up", instance_name="orders_db"), orders_db)
        self.assertEqual(page.value("pillion_instance_up", instance_name="cache"), cache)
