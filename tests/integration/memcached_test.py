"""memcached over a port, a unix socket and TLS,."""
import server_test
from memcached_server import MemcachedServer
from pillion_process import Pillion, toml
from sandbox import executable
from server_test import ServerTest

PASSWORD = "marker-3f7a"  # must never be seen anywhere
OTHER = "marker-90d4"


class Memcached(ServerTest):
    def certificate(self):
        """A certificate of itself for the sandbox's address, and its key."""
        cert, key = self.sandbox.dir / "cert.pem", self.sandbox.dir / "cert.key"
        self.sandbox.run([executable("openssl", "openssl"), "req", "-x509", "-newkey", "ec",
                          "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                          "/CN=cache", "-addext", f"subjectAltName=IP:{self.sandbox.host}",
                          "-keyout", key, "-out", cert])
        return cert, key

    def test_pages(self):
        by_port = MemcachedServer(self.sandbox, "by_port", PASSWORD)
        by_socket = MemcachedServer(self.sandbox, "by_socket", unix=True)
        tls = self.certificate()
        authority = self.sandbox.dir / "authority.pem"  # the certificate is one of itself
        authority.write_bytes(tls[0].read_bytes())
        by_tls = MemcachedServer(self.sandbox, "by_tls", tls=tls)
        password = self.sandbox.dir / "password"
        password.write_text(PASSWORD)
        pillion = Pillion(self.sandbox, f"""
[exporters.by_port]
type = "memcached"
address = {toml(by_port.address)}
username = "monitor"
password = {toml("${file:%s}" % password)}
freshness = "0s"
[exporters.by_socket]
type = "memcached"
address = {toml(by_socket.address)}
freshness = "0s"
include_unknown_stats = true
[exporters.by_tls]
type = "memcached"
address = {toml(by_tls.address)}
tls = true
tls_ca_file = {toml(authority)}
freshness = "0s"
[exporters.without_tls]
type = "memcached"
address = {toml(by_tls.address)}
freshness = "0s"
""")
        self.addCleanup(pillion.process.kill)
        self.assertEqual(by_socket.run("set a 0 0 5\nhello", "set b 0 0 1\nx", "get a", "get no",
                                       "cas a 0 0 1 999999\nx", "touch b 100", "delete b"),
                         ["STORED", "STORED", "END", "END", "EXISTS", "TOUCHED", "DELETED"])
        for name in ("by_port", "by_socket", "by_tls"):
            page = pillion.page(f"/metrics/{name}")
            self.assertEqual(page.value("memcached_up"), 1, pillion.process.log_tail())
            self.assertEqual(set(page.values("pillion_collector_success").values()), {1})
            self.assertEqual(page.value("memcached_max_connections"), 1024)
            self.assertEqual(page.value("memcached_limit_bytes"), 8 << 20)
        self.assertEqual(pillion.page("/metrics/without_tls").value("memcached_up"), 0)
        self.check_numbers(pillion)
        self.change_tls_files(pillion, authority)
        self.restart_and_rotate(pillion, by_port, password)
        self.assertNotIn(PASSWORD, pillion.process.log_text())
        self.assertNotIn(OTHER, pillion.process.log_text())

    def check_numbers(self, pillion):
        first = pillion.page("/metrics/by_socket")
        for labels, value in {("get", "hit"): 1, ("get", "miss"): 1, ("set", "hit"): 2,
                              ("cas", "badval"): 1, ("touch", "hit"): 1,
                              ("delete", "hit"): 1}.items():
            self.assertEqual(first.value("memcached_commands_total", command=labels[0],
                                         status=labels[1]), value, labels)
        self.assertEqual(first.value("memcached_current_items"), 1)
        self.assertEqual(first.value("memcached_slab_current_items", slab="1"), 1)
        self.assertEqual(first.value("memcached_slab_chunks_used", slab="1"), 1)
        self.assertEqual(first.value("memcached_settings_tcp_backlog"), 1024)
        second = pillion.page("/metrics/by_socket")
        for connections in ("memcached_connections_total", "memcached_current_connections"):
            self.assertEqual(first.value(connections), second.value(connections))
        self.assertGreater(second.value("memcached_read_bytes_total"),
                           first.value("memcached_read_bytes_total"))

    def change_tls_files(self, pillion, authority):
        """Files that changed are tried in a second connection; bad ones change nothing."""
        def connections():
            page = pillion.page("/metrics/by_tls")
            self.assertEqual(page.value("memcached_up"), 1)
            return page.value("memcached_connections_total")
        good = authority.read_text()
        authority.write_text("none")
        for _ in range(3):
            bad = connections()
        self.assertEqual(pillion.process.log_text().count("the TLS files have changed"), 1)
        authority.write_text(good + "\n")
        connections()
        after = connections()
        self.assertGreater(after, bad)
        self.assertEqual(connections(), after)
        self.assertEqual(pillion.process.log_text().count("the TLS files have changed"), 1)

    def restart_and_rotate(self, pillion, server, password):
        """A server that goes, and comes again with another password."""
        server.process.kill()
        self.assertEqual(pillion.page("/metrics/by_port").value("memcached_up"), 0)
        server.allow(OTHER)
        password.write_text(OTHER)
        server.start()
        self.assertEqual(pillion.page("/metrics/by_port").value("memcached_up"), 1)


if __name__ == "__main__":
    server_test.main()
