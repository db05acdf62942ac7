"""Pages behind TLS and passwords: real clients, renewed files, hostile ones."""
import base64
import http.client
import re
import shutil
import socket
import ssl
import textwrap
from pathlib import Path

import http_get
import server_test
from authority import Authority, SecretVolume
from page import parse_text
from pillion_process import Pillion, _environment, binary, run, toml
from prometheus_server import PrometheusServer
from sandbox import HANG_SECONDS, executable, wait_until

USER, PASSWORD = "alice", "correct horse"
# bcrypt of that password and of "renewed".
HASH = "$2y$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2"
RENEWED_HASH = "$2y$05$abcdefghijklmnopqrstuuQwGJsbwS4qKGorr6nNwFg4PbvdEUxI2"
NAMES = "IP:127.0.0.1,DNS:pillion"
SLOW_CLIENTS = 100


def web_config(user_hash=HASH, tls=""):
    return f"""tls_server_config:
  cert_file: tls.crt
  key_file: tls.key
{tls}http_server_config:
  headers:
    Strict-Transport-Security: max-age=60
basic_auth_users:
  {USER}: {user_hash}
"""


def pair(path):
    return {"tls.crt": path.with_suffix(".crt"), "tls.key": path.with_suffix(".key")}


def ask(connection, password=PASSWORD, path="/metrics"):
    """Status and text of an answer."""
    credentials = base64.b64encode(f"{USER}:{password}".encode()).decode()
    connection.request("GET", path, headers={"Authorization": f"Basic {credentials}"})
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


class Web(server_test.ServerTest):
    def setUp(self):
        super().setUp()
        self.authority = Authority(self.sandbox)

    def serve(self, tls=""):
        """A sidecar behind the files of a mounted secret."""
        self.first = self.authority.issue("first", NAMES)
        self.volume = SecretVolume(
            self.sandbox.dir / "web",
            {**pair(self.first), "ca.crt": self.authority.certificate, "web.yml": web_config(tls=tls)})
        self.config = self.volume.dir / "web.yml"
        self.pillion = Pillion(self.sandbox, "[http]\nhealth_listen = \"127.0.0.1:0\"\n"
                                             f"web_config = {toml(self.config)}\n")
        self.addCleanup(self.pillion.process.kill)
        ports = (self.sandbox.dir / "pillion.ports").read_text()
        self.health = re.search(r"^health (.*)$", ports, re.MULTILINE).group(1)

    def connect(self, client=None):
        """An HTTPS connection that stays open."""
        context = ssl.create_default_context(cafile=self.authority.certificate)
        if client is not None:
            context.load_cert_chain(client.with_suffix(".crt"), client.with_suffix(".key"))
        host, _, port = self.pillion.address.rpartition(":")
        connection = http.client.HTTPSConnection(host, int(port), context=context,
                                                 timeout=HANG_SECONDS)
        self.addCleanup(connection.close)
        return connection

    def shown(self):
        """The serial number of the certificate that new connections see."""
        connection = self.connect()
        connection.connect()
        return connection.sock.getpeercert()["serialNumber"]

    def page(self, connection=None, password=PASSWORD):
        status, text = ask(connection or self.connect(), password)
        self.assertEqual(status, 200, text)
        return parse_text(text)

    def curl(self, *arguments):
        """Status code, as curl sees it; 000: no connection."""
        return self.sandbox.run(
            [executable("curl", "curl"), "-s", "-o", "/dev/null", "-w", "%{http_code}", "--cacert",
             self.authority.certificate, *arguments], check=False).stdout

    def test_clients(self):
        """curl, Prometheus, wrong passwords, wrong protocols, probes and slow clients."""
        self.serve()
        promtool = executable("promtool", "prometheus")
        self.sandbox.run([promtool, "check", "web-config", self.config])
        url = f"https://{self.pillion.address}/metrics"
        self.assertEqual(self.curl("-u", f"{USER}:{PASSWORD}", url), "200")
        self.assertEqual(self.curl("-u", f"{USER}:wrong", url), "401")
        self.assertEqual(self.curl("-u", f"bob:{PASSWORD}", url), "401")
        self.assertEqual(self.curl(url), "401")
        self.assertEqual(self.curl(url.replace("https", "http")), "400")
        self.assertEqual(self.curl("--tls-max", "1.1", "-u", f"{USER}:{PASSWORD}", url), "000")
        # Probes have neither.
        for path in ("/-/healthy", "/-/ready"):
            self.assertEqual(http_get.get(self.health, path).status, 200)
        self.assertEqual(http_get.get(self.health, "/metrics").status, 404)
        self.assertEqual(run(self.sandbox, "health", "--address", self.health).returncode, 0)
        asked = run(self.sandbox, "health", "--address", self.pillion.address)
        self.assertEqual(asked.returncode, 1)
        self.assertIn("health_listen", asked.stderr)
        # Clients that begin a handshake and go no further.
        host, _, port = self.pillion.address.rpartition(":")
        slow = []
        for _ in range(SLOW_CLIENTS):
            client = socket.create_connection((host, int(port)), timeout=HANG_SECONDS)
            self.addCleanup(client.close)
            client.sendall(b"\x16\x03\x01\x02\x00\x01")
            slow.append(client)
        page = self.page()
        self.assertEqual(page.value("pillion_web_config_last_reload_successful"), 1)
        log = self.pillion.process.log_text()
        self.assertLess(len(log.splitlines()), 20, "handshakes that fail are no news")
        self.assertNotIn(PASSWORD, log)
        self.scraped_by_prometheus()

    def scraped_by_prometheus(self):
        ca = self.sandbox.dir / "trusted.crt"
        ca.write_bytes(self.authority.certificate.read_bytes())
        ca.chmod(0o644)
        prometheus = PrometheusServer(self.sandbox, f"""  - job_name: secure
    scheme: https
    tls_config: {{ca_file: {ca}, server_name: pillion}}
    basic_auth: {{username: {USER}, password: "{PASSWORD}"}}
    static_configs: [{{targets: ["{self.pillion.address}"]}}]
  - job_name: wrong
    scheme: https
    tls_config: {{ca_file: {ca}, server_name: pillion}}
    basic_auth: {{username: {USER}, password: "wrong"}}
    static_configs: [{{targets: ["{self.pillion.address}"]}}]
""")
        prometheus.await_scrapes("secure")
        prometheus.await_scrapes("wrong")
        self.assertEqual(prometheus.number('max_over_time(up{job="secure"}[5m])'), 1)
        self.assertEqual(prometheus.number('max_over_time(up{job="wrong"}[5m])'), 0)
        expires = prometheus.number("pillion_web_certificate_expiry_timestamp_seconds - time()")
        self.assertTrue(80_000 < expires <= 86_400, expires)

    def test_renewed_files(self):
        """A volume is swapped: good files are in force, others change nothing and are told of."""
        self.serve()
        kept = self.connect()
        self.page(kept)
        first = self.shown()
        second = self.authority.issue("second", NAMES)
        self.volume.replace({**pair(second), "web.yml": web_config(RENEWED_HASH)})
        wait_until("new connections see the new certificate", lambda: self.shown() != first)
        second_shown = self.shown()
        # The connection lives on; what it may read is asked anew.
        self.assertEqual(ask(kept)[0], 401)
        self.page(kept, "renewed")

        bad = "what guards the pages cannot be read anew; what was read stays"
        expired = self.authority.issue("expired", NAMES, days=0)
        other = {**pair(second), "tls.key": self.first.with_suffix(".key")}
        for files, said in (
                ({**other, "web.yml": web_config(RENEWED_HASH)}, "not the key of the certificate"),
                ({**pair(second), "web.yml": "tls_server_config: {cert_fil: a}\n"}, "web.yml:1:21"),
                ({**pair(expired), "web.yml": web_config(RENEWED_HASH)}, "expired at"),
                ({**pair(second), "web.yml": ""}, "takes a restart")):
            before = len(self.pillion.log(msg=bad))
            self.volume.replace(files)
            wait_until(said, lambda: len(self.pillion.log(msg=bad)) > before)
            self.assertIn(said, self.pillion.log(msg=bad)[-1]["error"])
            self.assertEqual(self.shown(), second_shown)
            wait_until("the metric says so", lambda: self.page(kept, "renewed").value(
                "pillion_web_config_last_reload_successful") == 0)
        self.volume.replace({**pair(self.first), "web.yml": web_config()})
        wait_until("good files are in force again", lambda: self.shown() == first)
        wait_until("the metric says so", lambda: self.page().value(
            "pillion_web_config_last_reload_successful") == 1)
        self.assertEqual(len(self.pillion.log(msg=bad)), 4)

    def test_certificates_of_clients(self):
        self.serve(tls="  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n"
                       "  client_allowed_sans: [prometheus.local]\n")
        url = f"https://{self.pillion.address}/metrics"
        credentials = ["-u", f"{USER}:{PASSWORD}"]

        def shows(path):
            return ["--cert", path.with_suffix(".crt"), "--key", path.with_suffix(".key")]
        good = self.authority.issue("good", "DNS:prometheus.local")
        self.assertEqual(self.curl(*credentials, *shows(good), url), "200")
        self.assertEqual(self.curl(*shows(good), url), "401")
        self.assertEqual(self.curl(*credentials, url), "000")
        other = self.authority.issue("other", "DNS:other.local")
        self.assertEqual(self.curl(*credentials, *shows(other), url), "000")
        stranger = Authority(self.sandbox, "stranger").issue("s", "DNS:prometheus.local")
        self.assertEqual(self.curl(*credentials, *shows(stranger), url), "000")
        # A file that was cut short asks less, and is not taken.
        whole = self.config.read_text().partition("http_server_config")[0]
        users = f"basic_auth_users:\n  {USER}: {HASH}\n"
        for lines, said in ((3, "client_auth_type"), (4, "client_ca_file"),
                            (5, "client_allowed_sans")):
            before = len(self.pillion.log(level="error"))
            cut = "".join(whole.splitlines(keepends=True)[:lines])
            self.volume.replace({**pair(self.first), "ca.crt": self.authority.certificate,
                                 "web.yml": cut + users})
            wait_until(said, lambda: len(self.pillion.log(level="error")) > before)
            self.assertIn(f"tls_server_config.{said}", self.pillion.log(level="error")[-1]["error"])
            self.assertEqual(self.curl(*credentials, url), "000")
            self.assertEqual(self.curl(*credentials, *shows(other), url), "000")
            status, text = ask(self.connect(good))
            self.assertEqual(status, 200)
            self.assertEqual(
                parse_text(text).value("pillion_web_config_last_reload_successful"), 0)

    def test_in_the_place_of_others(self):
        """Their flags, and the configuration that --print-config makes of them."""
        first = self.authority.issue("first", NAMES)
        config = self.sandbox.dir / "web.yml"
        config.write_text("tls_server_config: {cert_file: authority/first.crt, key_file: "
                          f"authority/first.key}}\nbasic_auth_users: {{{USER}: {HASH}}}\n")
        tls = [f"--tls-server-cert-file={first}.crt", f"--tls-server-key-file={first}.key",
               f"--tls-server-ca-cert-file={self.authority.certificate}",
               f"--basic-auth-username={USER}"]
        shows = ["--cert", f"{first}.crt", "--key", f"{first}.key"]
        for program, arguments, env, more in (
                ("postgres_exporter", [f"--web.config.file={config}"],
                 {"DATA_SOURCE_NAME": "host=127.0.0.1 port=1"}, []),
                ("memcached_exporter", [f"--web.config.file={config}"], {}, []),
                ("redis_exporter", [*tls, f"--basic-auth-password={PASSWORD}"],
                 {"REDIS_EXPORTER_BASIC_AUTH_PASSWORD": PASSWORD}, shows),
                ("redis_exporter", tls, {"REDIS_EXPORTER_BASIC_AUTH_HASH_PASSWORD": HASH}, shows)):
            address = f"127.0.0.1:{self.sandbox.port()}"
            log = f"{program}-{address.rpartition(':')[2]}"
            compat = ["compat", program, f"--web.listen-address={address}", *arguments]
            process = self.sandbox.start(log, [binary(), *compat], env=_environment(env))
            wait_until(f"{program} serves", lambda: "serving metrics" in process.log_text(),
                       alive=[process])
            url = f"https://{address}/metrics"
            self.assertEqual(self.curl("-u", f"{USER}:{PASSWORD}", *more, url), "200", program)
            self.assertEqual(self.curl("-u", f"{USER}:wrong", *more, url), "401", program)
            process.kill()
            printed = run(self.sandbox, *compat, "--print-config", env=env)
            self.assertEqual(printed.returncode, 0, printed.stderr)
            self.assertNotIn(PASSWORD, printed.stdout)
            self.assertNotIn(HASH, printed.stdout)
            file = self.sandbox.dir / "printed.toml"
            file.write_text(printed.stdout)
            checked = run(self.sandbox, "check", "--config", file, env=env)
            self.assertEqual(checked.returncode, 0, checked.stderr + printed.stdout)

    def test_the_example(self):
        """The Secret of deploy/kubernetes holds a file that promtool and we take."""
        text = (Path(__file__).parents[2] / "deploy/kubernetes/web.yaml").read_text()
        config = self.sandbox.dir / "web.yml"
        config.write_text(textwrap.dedent(text.partition("  web.yml: |\n")[2]))
        for name, source in pair(self.authority.issue("tls", NAMES)).items():
            shutil.copy(source, self.sandbox.dir / name)
        self.sandbox.run([executable("promtool", "prometheus"), "check", "web-config", config])
        done = run(self.sandbox, "check", "--config", self.toml(config))
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_wrong_files(self):
        """What cannot guard the pages keeps it from starting, by place."""
        config = self.sandbox.dir / "web.yml"
        done = run(self.sandbox, "check", "--config", self.toml(config))
        self.assertIn(f"pillion.toml:2:14: http.web_config: `{config}`", done.stderr)
        for text, said in ((None, "No such file"),
                           ("tls_server_config:\n  cert_fil: a\n", f"{config}:2:3: "),
                           ("tls_server_config:\n  cert_file: none\n  key_file: none\n",
                            f"{config}:2:14: tls_server_config.cert_file"),
                           ("basic_auth_users:\n  a: plain\n", f"{config}:2:6: "),
                           ("a: [\n", f"{config}:")):
            if text is not None:
                config.write_text(text)
            for command in (["check", "--config", self.toml(config)],
                            ["serve", "--listen", "127.0.0.1:0", "--web-config", config]):
                done = run(self.sandbox, *command)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(said, done.stderr)

    def test_probes_without_a_listener(self):
        """Who guards the pages and has no health_listen is told, by place; nobody else is."""
        config = self.sandbox.dir / "web.yml"
        for text, health, warned in ((f"basic_auth_users: {{{USER}: {HASH}}}\n", "", True),
                                     (f"basic_auth_users: {{{USER}: {HASH}}}\n",
                                      "health_listen = '127.0.0.1:0'\n", False),
                                     ("rate_limit: {interval: 1s, burst: 1}\n", "", False)):
            config.write_text(text)
            file = self.toml(config)
            file.write_text(file.read_text() + health)
            done = run(self.sandbox, "check", "--config", file)
            self.assertEqual(done.returncode, 0, done.stderr)
            warning = f"warning: {file}:2:14: http.web_config: pages ask for TLS or a password"
            self.assertEqual(warning in done.stderr, warned, done.stderr)
            self.assertEqual("health_listen" in done.stderr, warned, done.stderr)

    def toml(self, config):
        file = self.sandbox.dir / "pillion.toml"
        file.write_text(f"[http]\nweb_config = {toml(config)}\n")
        return file


if __name__ == "__main__":
    server_test.main()
