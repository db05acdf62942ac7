"""A PgBouncer before a private PostgreSQL, read over its port and its socket."""
import server_test
from pgbouncer_server import PgBouncerServer
from pillion_process import Pillion, run, toml
from postgres_server import PostgresServer
from sandbox import executable
from server_test import ServerTest

PASSWORD = "marker-5d1b"  # must never be seen anywhere
OTHER = "marker-77c0"


class PgBouncer(ServerTest):
    def psql(self, database, user, password, sql):
        """What an application would say to the pooler."""
        psql = executable("psql", "postgresql-client-15")
        self.sandbox.run([psql, "-X", "-h", self.pooler.host, "-p", str(self.pooler.port), "-U",
                          user, "-d", database, "-c", sql], env={"PGPASSWORD": password})

    def test_pages(self):
        self.postgres = PostgresServer(self.sandbox, PASSWORD)
        self.pooler = PgBouncerServer(self.sandbox, self.postgres, PASSWORD)
        password = self.sandbox.dir / "password"
        password.write_text(PASSWORD)
        secret = toml("${file:%s}" % password)
        pillion = Pillion(self.sandbox, f"""
[exporters.by_port]
type = "pgbouncer"
dsn = {toml(self.pooler.dsn())}
password = {secret}
freshness = "0s"
old_names = true
collectors = {{ users = true }}
[exporters.by_socket]
type = "pgbouncer"
dsn = {toml(self.pooler.dsn(self.pooler.home))}
password = {secret}
freshness = "0s"
""")
        self.addCleanup(pillion.process.kill)
        for sql in ("SELECT 1", "SELECT 2"):
            self.psql("orders", "app", "app", sql)
        for path in ("/metrics/by_port", "/metrics/by_socket"):
            page = pillion.page(path)
            self.assertEqual(page.value("pgbouncer_up"), 1, pillion.process.log_tail())
            self.assertEqual(set(page.values("pillion_collector_success").values()), {1})
            self.assertEqual(page.value("pgbouncer_databases_pool_size",
                                        database="postgres"), 3)
            self.assertEqual(page.value("pgbouncer_databases"), 2)
            self.assertGreaterEqual(page.value("pgbouncer_stats_totals_queries_pooled_total",
                                               database="orders"), 2)
            self.assertEqual(page.value("pgbouncer_config_max_client_connections"), 100)
        page = pillion.page("/metrics/by_port")
        self.assertEqual(page.value("pgbouncer_client_connections", user="monitor",
                                    application_name="pillion"), 2)
        self.assertGreaterEqual(page.value("pgbouncer_stats_queries_pooled_total",
                                           database="orders"), 2)
        self.restart_and_rotate(pillion, password)
        self.assertNotIn(PASSWORD, pillion.process.log_text())

    def restart_and_rotate(self, pillion, password):
        """A PgBouncer that starts anew, then with another password."""
        self.pooler.process.kill()
        self.pooler.process.wait()
        self.assertEqual(pillion.page("/metrics/by_port").value("pgbouncer_up"), 0)
        self.pooler.allow(OTHER)
        self.pooler.start()
        self.assertEqual(pillion.page("/metrics/by_port").value("pgbouncer_up"), 0)
        password.write_text(OTHER)
        self.assertEqual(pillion.page("/metrics/by_port").value("pgbouncer_up"), 1)

    def test_who_may_not(self):
        self.postgres = PostgresServer(self.sandbox, PASSWORD)
        self.pooler = PgBouncerServer(self.sandbox, self.postgres, PASSWORD)
        done = run(self.sandbox, "scrape", "--exporter",
                   f"pgbouncer={self.pooler.dsn(user='app')} password=app")
        self.assertEqual(done.returncode, 1)
        self.assertIn("stats_users in pgbouncer.ini must name the user", done.stderr)
        self.assertIn("reason=permission", done.stderr)


if __name__ == "__main__":
    server_test.main()
