"""Passwords that change while both lanes of an instance poll at a high rate.

The file that holds the password lies behind a link, as in a volume of Kubernetes: what changes is
where the link points to.
"""
import re
import threading
import time

import server_test
from http_get import get
from pillion_process import Pillion, toml
from postgres_server import MONITOR, PostgresServer
from redis_server import RedisServer
from sandbox import wait_until

FIRST, SECOND, THIRD, WRONG = (f"marker-{word}-7c1e" for word in ("one", "two", "three", "wrong"))
# Until the first pause after a refusal is over: 10 s, less a fifth.
PAUSE_SECONDS_MIN = 8


class SecretVolume:
    """A directory with ..data and a password behind it."""

    def __init__(self, path, value):
        path.mkdir()
        self._path, self._number = path, 0
        self.write(value)
        (path / "password").symlink_to("..data/password")
        self.file = path / "password"

    def write(self, value):
        self._number += 1
        home = self._path / f"..{self._number}"
        home.mkdir()
        (home / "password").write_text(value + "\n")
        (self._path / "..new").symlink_to(home.name)
        (self._path / "..new").rename(self._path / "..data")


class Scraper(threading.Thread):
    """Scrapes an instance without a pause; remembers each page on which it was not up."""

    def __init__(self, pillion, instance, up):
        super().__init__(daemon=True)
        self._pillion, self._instance, self._up = pillion, instance, up
        self._stopping = threading.Event()
        self.pages, self.bad = 0, []

    def run(self):
        while not self._stopping.is_set():
            try:
                page = self._pillion.page(f"/metrics/{self._instance}")
                if page.value(self._up) != 1:
                    self.bad.append("down")
                failed = [labels for labels, value in page.values(
                    "pillion_collector_success").items() if value != 1]
                if failed:
                    self.bad.append(failed)
            except Exception as error:  # shown by the test, on its thread
                self.bad.append(error)
            self.pages += 1

    def stop(self):
        self._stopping.set()
        self.join()


class CredentialFaults:
    """Mixed into a ServerTest that knows one kind of server."""

    instance = "target"

    def begin(self):
        self.volume = SecretVolume(self.sandbox.dir / "secret", FIRST)
        self.start_server()
        self.pillion = Pillion(self.sandbox, f"""
[exporters.{self.instance}]
{self.target()}
password = {toml("${file:" + str(self.volume.file) + "}")}
freshness = "10ms"
collectors = {{ {self.slow_collector} = {{ every = "1s" }} }}
""")
        wait_until("both lanes have a session", lambda: self.pillion.page().value(self.up) == 1
                   and len(self.server.sessions_of_pillion()) == 2)
        wait_until("the slow lane has polled", lambda: all(
            value == 1 for value in self.pillion.page().values("pillion_collector_success").values()))
        self.scraper = Scraper(self.pillion, self.instance, self.up)
        self.scraper.start()
        self.addCleanup(self.scraper.stop)

    def own(self, name):
        return self.pillion.counter(f"pillion_secret_{name}", instance_name=self.instance)

    def shown_up(self):
        return self.pillion.page(f"/metrics/{self.instance}").value(self.up)

    def check_counts(self, changes, refused, accepted=1):
        wanted = {"changes_total": changes, "refused_total": refused, "accepted": accepted}
        # A poll is counted when it has ended, some time after what it did.
        wait_until(f"{wanted}", lambda: {name: self.own(name) for name in wanted} == wanted)
        self.assertEqual(self.refused_by_server(), refused)

    def await_swap(self, before):
        """Both lanes have other sessions, and no more than they had."""
        def swapped():
            now = self.server.sessions_of_pillion()
            return len(now) == 2 and not set(now) & set(before)
        wait_until("both lanes have swapped their sessions", swapped)

    def polls_go_on(self, seconds=0.5):
        """So many more pages than one, within the time and longer if need be."""
        pages = self.scraper.pages
        time.sleep(seconds)
        wait_until("pages go on", lambda: self.scraper.pages > pages + 5)

    def check_end(self):
        self.scraper.stop()
        self.assertEqual(self.scraper.bad, [])
        failures = self.pillion.page("/metrics/pillion").values(
            "pillion_poll_failures_total", instance_name=self.instance)
        self.assertEqual({labels: count for labels, count in failures.items() if count}, {})
        print(f"{self.scraper.pages} pages, all up")
        shown = [self.pillion.get(path).text for path in ("/", "/metrics")]
        for text in [*shown, self.pillion.process.log_text()]:
            for password in (FIRST, SECOND, THIRD, WRONG):
                self.assertNotIn(password, text)
        self.assertEqual(self.pillion.stop(15), 0)

    def test_rotated(self):
        self.begin()
        for number, password in enumerate((SECOND, THIRD, FIRST), 1):
            before = self.server.sessions_of_pillion()
            self.change_password(password)
            self.polls_go_on()  # sessions outlive the password that they began with
            self.assertEqual(self.server.sessions_of_pillion(), before)
            self.volume.write(password)
            self.await_swap(before)
            self.polls_go_on()
            self.check_counts(changes=number, refused=0)
        self.assertEqual(len(self.pillion.log(msg="changed secret works")), 3)
        self.check_end()

    def test_wrong(self):
        self.begin()
        before = self.server.sessions_of_pillion()
        began = time.monotonic()
        self.volume.write(WRONG)
        wait_until("it was refused", lambda: self.own("refused_total") > 0)
        self.polls_go_on(seconds=3)
        self.check_few_refused(began)
        self.assertEqual(self.own("accepted"), 0)
        refused = "changed secret was refused; the session with the old one goes on"
        self.assertEqual(len(self.pillion.log(msg=refused)), 1)
        wait_until("it was tried again", lambda: self.own("refused_total") > 1)
        self.check_few_refused(began)
        self.assertEqual(self.server.sessions_of_pillion(), before)
        self.assertEqual(len(self.pillion.log(msg=refused)), 1)
        self.change_password(SECOND)
        self.volume.write(SECOND)
        self.await_swap(before)
        self.check_counts(changes=1, refused=self.refused_by_server())
        self.check_end()

    def check_few_refused(self, began):
        """Of a value that was written then: one log-in at once, and one after each pause."""
        count = self.refused_by_server()
        pauses = (time.monotonic() - began) // PAUSE_SECONDS_MIN
        print(f"{count} log-ins were refused, {self.scraper.pages} pages")
        self.assertLessEqual(count, 1 + pauses)

    def test_file_before_server(self):
        """The new password is in the file before the server knows it."""
        self.begin()
        before = self.server.sessions_of_pillion()
        self.volume.write(SECOND)
        wait_until("it was refused", lambda: self.own("refused_total") > 0)
        self.change_password(SECOND)
        self.await_swap(before)
        self.check_counts(changes=1, refused=self.refused_by_server())
        self.check_end()

    def test_no_session(self):
        """Without a session the polls fail, and the server sees one log-in per pause."""
        self.begin()
        self.scraper.stop()
        began = time.monotonic()
        self.volume.write(WRONG)
        wait_until("it was refused", lambda: self.own("refused_total") > 0)
        self.end_sessions()
        wait_until("it is down", lambda: self.shown_up() == 0)
        for _ in range(20):
            self.assertEqual(self.shown_up(), 0)
            time.sleep(0.05)
        self.check_few_refused(began)
        status = get(self.pillion.admin_address, "/status.json").text
        self.assertRegex(status, r"tried again when `password` changes, or in \d+ s")
        self.volume.write(FIRST)
        wait_until("it is up again", lambda: self.shown_up() == 1)
        self.check_counts(changes=0, refused=self.refused_by_server())


class PostgresCredentials(CredentialFaults, server_test.ServerTest):
    up = "pg_up"
    slow_collector = "roles"

    def start_server(self):
        self.server = PostgresServer(self.sandbox, FIRST)

    def target(self):
        return f'type = "postgres"\ndsn = {toml(self.server.dsn)}'

    def change_password(self, password):
        self.server.sql(f"ALTER ROLE {MONITOR} PASSWORD '{password}'")

    def end_sessions(self):
        self.server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE application_name = 'pillion'")

    def refused_by_server(self):
        return len(re.findall("FATAL: +password authentication failed",
                              self.server.process.log_text()))


class RedisCredentials(CredentialFaults, server_test.ServerTest):
    up = "redis_up"
    slow_collector = "slowlog"

    def start_server(self):
        self.server = RedisServer(self.sandbox, FIRST)

    def target(self):
        return f'type = "redis"\naddress = {toml(self.server.tcp_address)}'

    def change_password(self, password):
        self.server.set_password(password)

    def end_sessions(self):
        for client in self.server.sessions_of_pillion():
            self.server.command("CLIENT", "KILL", "ID", client)

    def refused_by_server(self):
        found = re.search(r"^errorstat_WRONGPASS:count=(\d+)",
                          self.server.command("INFO", "errorstats"), re.MULTILINE)
        return int(found.group(1)) if found else 0


if __name__ == "__main__":
    server_test.main()
