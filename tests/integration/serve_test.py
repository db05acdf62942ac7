"""The sidecar beside a real PostgreSQL and a real Redis: pages, addresses, signals."""
import signal

import http_get
import server_test
from both_databases import PASSWORD, BothDatabases
from page import parse_text
from pillion_process import Pillion, run
from sandbox import wait_until


class Serve(BothDatabases):
    def setUp(self):
        super().setUp()
        self.start_databases()

    def test_pages(self):
        pillion = self.start_pillion()
        merged = pillion.page()
        self.assert_up(merged)
        self.assertEqual(len(merged.values("pg_static")), 1)
        self.assertEqual(merged.value("redis_db_keys", db="db0"), 1)
        postgres, redis = pillion.page("/metrics/orders_db"), pillion.page("/metrics/cache")
        self.assertEqual(postgres.value("pg_up"), 1)
        self.assertEqual(redis.value("redis_up"), 1)
        self.assertEqual(postgres.names("redis_"), set())
        self.assertEqual(redis.names("pg_"), set())
        merged = pillion.page()
        self.assertEqual(merged.names("pg_"), postgres.names("pg_"))
        self.assertEqual(merged.names("redis_"), redis.names("redis_"))
        self.assertEqual(pillion.get("/metrics/nothing").status, 404)
        for path in ("/", "/sd", "/-/healthy", "/-/ready"):
            self.assertEqual(pillion.get(path).status, 200, path)
        for path in ("/", "/status.json"):
            self.assertEqual(http_get.get(pillion.admin_address, path).status, 200, path)

    def test_addresses(self):
        """Port 0, several addresses, a unix socket and addresses for health alone."""
        path = self.sandbox.dir / "metrics.sock"
        pillion = self.start_pillion(arguments=[
            "--listen", "[::1]:0", "--listen", f"unix:{path}", "--health-listen", "127.0.0.1:0"])
        self.assertEqual(len(pillion.scrape_addresses), 3)
        for address in pillion.scrape_addresses:
            answer = http_get.get(address, "/metrics")
            self.assertEqual(answer.status, 200, address)
            self.assert_up(parse_text(answer.text))
            self.assertTrue(pillion.log(msg="serving metrics", address=address), address)
        lines = (self.sandbox.dir / "pillion.ports").read_text().splitlines()
        health = [line.split()[1] for line in lines if line.startswith("health ")]
        self.assertEqual(len(health), 1)
        self.assertEqual(http_get.get(health[0], "/-/healthy").status, 200)
        self.assertEqual(http_get.get(health[0], "/metrics").status, 404)
        self.assertEqual(pillion.stop(signal.SIGTERM), 0)
        self.assertFalse(path.exists(), "the socket is left behind")

    def test_address_in_use(self):
        first = self.start_pillion()
        second = run(self.sandbox, "serve", "--listen", first.address, "--admin-listen", "",
                     "--exporter", "redis=127.0.0.1:1")
        self.assertEqual(second.returncode, 1)
        self.assertIn(first.address, second.stderr)
        self.assert_up(first.page())

    def test_ends_on_signals(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            pillion = self.start_pillion()
            self.assert_up(pillion.page())
            self.assertEqual(pillion.stop(number), 0)
            self.assertEqual(pillion.log()[-1]["msg"], "stopped")

    def test_answer_in_flight_at_a_signal(self):
        """A scrape waits for a database that hangs; the end waits for its answer."""
        for number in (signal.SIGTERM, signal.SIGINT):
            pillion = self.start_pillion()
            self.assert_up(pillion.page())
            self.redis.freeze()
            wait_until("the snapshot is old", lambda: not self.quick(pillion), seconds=20)
            scrape = http_get.Request(pillion.address, "/metrics",
                                      {"X-Prometheus-Scrape-Timeout-Seconds": "3"})
            for _ in range(3):  # whose turn comes after that of the scrape
                self.assertEqual(pillion.get("/-/healthy").status, 200)
            pillion.process.signal(number)
            answer = scrape.answer()
            self.assertEqual(pillion.process.wait(), 0)
            self.redis.thaw()
            self.assertEqual(answer.status, 200)
            self.assert_up(parse_text(answer.text), cache=0)

    @staticmethod
    def quick(pillion):
        """Whether a scrape with a little time is answered from the snapshot."""
        answer = pillion.get("/metrics/cache", {"X-Prometheus-Scrape-Timeout-Seconds": "0.2"})
        return parse_text(answer.text).value("redis_up") == 1

    def test_without_a_file(self):
        """--exporter alone, over TCP and over unix sockets, with a name and without."""
        self.redis.set_password("")
        self.postgres.sql("ALTER ROLE monitor PASSWORD NULL")
        pillion = Pillion(self.sandbox, arguments=[
            "--exporter", f"redis={self.redis.tcp_address}",
            "--exporter", f"by_socket:redis={self.redis.socket_address}",
            "--exporter", f"orders_db:postgres={self.postgres.socket_dsn}"])
        page = pillion.page()
        ups = {dict(labels)["instance_name"]: value
               for labels, value in page.values("pillion_instance_up").items()}
        self.assertEqual(ups, {"redis": 1, "by_socket": 1, "orders_db": 1})
        self.assertEqual(page.value("pg_up"), 1)

    def test_environment(self):
        file = self.sandbox.dir / "from_environment.toml"
        file.write_text(self.config().replace(f'"{PASSWORD}"', '"${env:TEST_PASSWORD}"'))
        socket = self.sandbox.dir / "s"
        pillion = Pillion(self.sandbox, listen=None, admin=None, env={
            "PILLION_CONFIG": str(file), "TEST_PASSWORD": PASSWORD,
            "PILLION_LISTEN": f"127.0.0.1:0, unix:{socket}", "PILLION_ADMIN_LISTEN": "",
            "PILLION_LOG_FORMAT": "json", "PILLION_OPENMETRICS": "always",
            "PILLION_SELF": "separate"})
        self.assertEqual(len(pillion.scrape_addresses), 2)
        self.assertIsNone(pillion.admin_address)
        page = pillion.page()
        self.assert_up(page)
        self.assertEqual(page.names("process_"), set(), "own metrics are apart")
        self.assertIn("process_open_fds", pillion.page("/metrics/pillion").names())
        answer = http_get.get(f"unix:{socket}", "/metrics",
                              {"Accept": "application/openmetrics-text;version=1.0.0"})
        self.assertTrue(answer.text.endswith("# EOF\n"))
        self.assertTrue(pillion.process.log_text().startswith("{"))


if __name__ == "__main__":
    server_test.main()
