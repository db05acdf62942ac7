"""A session by sslmode=verify-full, and a certificate authority that is replaced meanwhile."""
import os
import shutil

import http_get
import server_test
from pillion_process import Pillion, toml
from postgres_server import MONITOR, PostgresServer
from sandbox import executable, wait_until

PASSWORD = "tls"


class PostgresTls(server_test.ServerTest):
    def authority(self, name):
        """A new authority and a certificate of the server by it; the authority's certificate."""
        home = self.sandbox.dir / name
        home.mkdir()
        openssl = executable("openssl", "openssl")
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        self.sandbox.run([openssl, "req", "-x509", *key, "-keyout", home / "ca.key", "-out",
                          home / "ca.crt", "-subj", f"/CN={name}", "-days", "1"])
        self.sandbox.run([openssl, "req", *key, "-keyout", home / "server.key", "-out",
                          home / "server.csr", "-subj", "/CN=database"])
        (home / "names").write_text(f"subjectAltName=IP:{self.postgres.host}\n")
        self.sandbox.run([openssl, "x509", "-req", "-in", home / "server.csr", "-CA",
                          home / "ca.crt", "-CAkey", home / "ca.key", "-CAcreateserial", "-days",
                          "1", "-extfile", home / "names", "-out", home / "server.crt"])
        return home

    def serve_with(self, authority):
        for name in ("server.crt", "server.key"):
            file = self.postgres.data / name
            shutil.copy(authority / name, file)
            file.chmod(0o600)
            if self.postgres.user is not None:
                os.chown(file, self.postgres.user.pw_uid, self.postgres.user.pw_gid)
        self.postgres.stop()
        self.postgres.start({"ssl": "on"})

    def trust(self, authority):
        """As a volume of Kubernetes is renewed: another file takes the place at once."""
        beside = self.sandbox.dir / "ca.new"
        shutil.copy(authority / "ca.crt", beside)
        os.replace(beside, self.ca)

    def page(self, up):
        def find():
            page = self.pillion.page(timeout=5)
            return page if page.value("pg_up") == up else None
        return wait_until(f"pg_up is {up}", find)

    def test_an_authority_is_replaced(self):
        self.postgres = PostgresServer(self.sandbox, PASSWORD)
        self.ca = self.sandbox.dir / "ca.crt"
        first, second = self.authority("first"), self.authority("second")
        self.serve_with(first)
        self.trust(first)
        dsn = (f"host={self.postgres.host} port={self.postgres.port} user={MONITOR} dbname=postgres "
               f"sslmode=verify-full sslrootcert={self.ca}")
        self.pillion = Pillion(self.sandbox, f"""
[exporters.orders]
type = "postgres"
dsn = {toml(dsn)}
password = {toml(PASSWORD)}
freshness = "50ms"
""")
        self.addCleanup(self.pillion.process.kill)
        self.page(up=1)
        self.assertEqual(self.postgres.sql(
            f"SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) "
            f"WHERE usename = '{MONITOR}'"), "t")
        self.serve_with(second)
        self.page(up=0)
        wait_until("the status page says why", lambda: "certificate verify failed" in (
            self.page(up=0) and http_get.get(self.pillion.admin_address, "/status.json").text))
        self.trust(second)
        self.page(up=1)


if __name__ == "__main__":
    server_test.main()
