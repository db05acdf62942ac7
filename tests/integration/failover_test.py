"""A primary dies and its replica takes over, while both are scraped all the time."""
import server_test
from pillion_process import Pillion, toml
from postgres_server import MONITOR, PostgresServer
from sandbox import wait_until

PASSWORD = "failover"


class Failover(server_test.ServerTest):
    def setUp(self):
        super().setUp()
        self.primary = PostgresServer(self.sandbox, PASSWORD, {"wal_level": "replica"})
        self.replica = PostgresServer(self.sandbox, PASSWORD, replica_of=self.primary)
        either = (f"host={self.primary.host},{self.replica.host} "
                  f"port={self.primary.port},{self.replica.port} user={MONITOR} dbname=postgres")
        query = """
[[exporters.{0}.query]]
name = "role_{1}"
sql = "SELECT 1 AS asked"
values = {{ asked = "gauge" }}
run_on = "{1}"
"""
        config = f"""
[exporters.leader]
type = "postgres"
dsn = {toml(either + " target_session_attrs=read-write")}
password = {toml(PASSWORD)}
labels = {{ role = "leader" }}
freshness = "50ms"
timeout = "5s"

[exporters.second]
type = "postgres"
dsn = {toml(self.replica.dsn)}
password = {toml(PASSWORD)}
labels = {{ role = "second" }}
freshness = "50ms"
timeout = "5s"
""" + query.format("second", "primary") + query.format("second", "replica")
        self.pillion = Pillion(self.sandbox, config)
        self.addCleanup(self.pillion.process.kill)

    def page(self):
        page = self.pillion.page(timeout=5)
        self.assertLess(page.seconds, 50, "a hang")
        return page

    def shown(self, page, name, role):
        return list(page.values(name, role=role).values())

    def test_the_replica_takes_over(self):
        wait_until("the replica streams", lambda: self.primary.sql(
            "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'") == "1")
        page = self.page()
        self.assertEqual(self.shown(page, "pg_replication_is_replica", "leader"), [0])
        self.assertEqual(self.shown(page, "pg_replication_is_replica", "second"), [1])
        self.assertEqual(self.shown(page, "role_replica_asked", "second"), [1])
        self.assertEqual(self.shown(page, "role_primary_asked", "second"), [])
        # The server knows how far it is from the first word of the replica on.
        wait_until("the leader shows its replica", lambda: len(self.shown(
            self.page(), "pg_stat_replication_pg_wal_lsn_diff", "leader")) == 1)
        before = self.replica.sessions_of_pillion()

        self.primary.kill()
        down = wait_until("the leader is missed", lambda: self.down())
        self.assertEqual(self.shown(down, "pg_up", "second"), [1])
        self.assertEqual(self.shown(down, "pg_replication_is_replica", "leader"), [])

        self.replica.sql("SELECT pg_promote(true)")
        page = wait_until("the new primary is found", lambda: self.both_up())
        self.assertEqual(self.shown(page, "pg_replication_is_replica", "leader"), [0])
        self.assertEqual(self.shown(page, "pg_stat_replication_pg_wal_lsn_diff", "leader"), [])
        page = wait_until("the second sees its new role", lambda: self.promoted())
        self.assertEqual(self.shown(page, "role_replica_asked", "second"), [])
        self.assertTrue(set(before) <= set(self.replica.sessions_of_pillion()),
                        "its session went on")

    def down(self):
        page = self.page()
        return page if self.shown(page, "pg_up", "leader") == [0] else None

    def both_up(self):
        page = self.page()
        return page if self.shown(page, "pg_up", "leader") == [1] else None

    def promoted(self):
        page = self.page()
        return page if self.shown(page, "role_primary_asked", "second") == [1] else None


if __name__ == "__main__":
    server_test.main()
