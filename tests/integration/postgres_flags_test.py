"""Flags of postgres_exporter, given to it and to Pillion in its place, on a server of three databases."""
import fnmatch
import sys
import time
from pathlib import Path

import http_get
import server_test
from page import parse_text
from pillion_process import Pillion, run
from postgres_server import MONITOR, PostgresServer
from sandbox import executable, wait_until

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "bench"))
import differences  # noqa: E402

PASSWORD = "flags"
_QUERIES = """
orders_waiting:
  query: "SELECT shop, count(*) AS number, max(amount) AS largest FROM orders GROUP BY shop"
  metrics:
    - shop: {usage: LABEL, description: "Which shop"}
    - number: {usage: GAUGE, description: "Orders of it"}
    - largest: {usage: COUNTER, description: "The dearest"}
the_server:
  query: "SELECT 7 AS answer, 'x' AS nothing"
  master: true
  metrics:
    - answer: {usage: GAUGE, description: "What it is"}
    - nothing: {usage: DISCARD, description: "Not shown"}
"""
# Whose values change with who asks, or from moment to moment.
_MOVING = ("pg_stat_database_*", "pg_stat_activity_*", "pg_locks_count", "pg_stat_bgwriter_*",
           "pg_database_size_bytes", "pg_stat_user_tables_*", "pg_statio_user_tables_*",
           "pg_replication_lag", "pg_stat_archiver_*")


class PostgresFlags(server_test.ServerTest):
    def fill(self):
        self.postgres = PostgresServer(self.sandbox, PASSWORD, {
            "shared_preload_libraries": "pg_stat_statements", "autovacuum": "off"})
        for number, name in enumerate(("north", "south east", "left_out")):
            self.postgres.sql(f'CREATE DATABASE "{name}"')
            self.postgres.sql(f"\\c '{name}'\n"
                              "CREATE TABLE orders (shop text, amount int);"
                              f"INSERT INTO orders SELECT 'shop {number}', i "
                              "FROM generate_series(1, 10) i;"
                              'CREATE TABLE "a ""quoted"" näme" (i int PRIMARY KEY); '
                              f"GRANT SELECT ON orders TO {MONITOR}; ANALYZE")
        self.postgres.sql("CREATE TABLE orders (shop text, amount int);"
                          f"GRANT SELECT ON orders TO {MONITOR}; "
                          "INSERT INTO orders VALUES ('own', 1); CREATE EXTENSION pg_stat_statements")

    def arguments(self, address):
        queries = self.sandbox.dir / "queries.yaml"
        queries.write_text(_QUERIES)
        return ["--auto-discover-databases", "--exclude-databases=left_out",
                f"--extend.query-path={queries}", f"--web.listen-address={address}"]

    def environment(self):
        return {"DATA_SOURCE_NAME": f"postgresql://{MONITOR}:{PASSWORD}@{self.postgres.host}:"
                                    f"{self.postgres.port}/postgres?sslmode=disable"}

    def start_peer(self):
        address = f"{self.sandbox.host}:{self.sandbox.port()}"
        path = executable("prometheus-postgres-exporter", "prometheus-postgres-exporter")
        process = self.sandbox.start("peer", [path, *self.arguments(address), "--log.level=error"],
                                     env=self.environment())
        self.addCleanup(process.kill)
        wait_until("the peer serves", lambda: http_get.answers(address), alive=[process])
        return lambda: parse_text(http_get.get(address, "/metrics").text)

    def start_ours(self):
        """By the configuration that the flags mean, with the names of that version beside."""
        printed = run(self.sandbox, "compat", "postgres_exporter", "--print-config",
                      *self.arguments("127.0.0.1:0"), env=self.environment())
        self.assertEqual(printed.returncode, 0, printed.stderr)
        config = printed.stdout.replace('type = "postgres"\n', 'type = "postgres"\ncompat = ["0.11"]\n')
        self.assertIn("compat", config)
        pillion = Pillion(self.sandbox, config, env=self.environment())
        self.addCleanup(pillion.process.kill)
        return pillion.page

    def test_side_by_side(self):
        self.fill()
        peer, ours = self.start_peer(), self.start_ours()
        wait_until("every database was read", lambda: self.databases(ours()) ==
                   {"postgres", "north", "south east"})
        try:
            wait_until("both tell the same", lambda: not self.found(peer, ours))
        except AssertionError:
            self.assertEqual(self.left, {})
            raise

    def databases(self, page):
        return {dict(labels)["datname"] for labels in page.values("orders_waiting_number")}

    def found(self, peer, ours):
        """What no reason explains. Polls are apart: what came in between is there the next time."""
        before = peer()
        time.sleep(1.1)  # or ours would be of before that
        missing, series, values = differences.compare(before, ours(), peer())
        values = {name: (key, told) for (name, key), told in values.items()
                  if not any(fnmatch.fnmatchcase(name, moving) for moving in _MOVING)}
        known = differences.known_reasons() + [
            ("orders_waiting_*", "with the label datname here, which tells the databases apart")]
        self.left = {name: what
                     for found in (dict.fromkeys(missing, "is no family of ours"), series, values)
                     for name, what in found.items() if not differences.reason_for(name, known)}
        return self.left


if __name__ == "__main__":
    server_test.main()
