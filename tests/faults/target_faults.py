"""What may happen to a target, and what scrapers and the operator must see of it meanwhile.

Both databases run, the sidecar reads both, then one of them is hurt and comes back. The tests are
the same for both; what differs is in the classes that mix TargetFaults in.
"""
import os
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import fake_server
from fake_server import FakeServer
from http_get import get
from page import parse_text
from pillion_process import SANITIZED, Pillion, toml
from postgres_server import PostgresServer
from redis_server import RedisServer
from sandbox import HANG_SECONDS, executable, wait_until

PASSWORD = "marker-4b1d"  # must never be seen anywhere
FRESHNESS_SECONDS = 0.1
SCRAPE_TIMEOUT_SECONDS = 2
# Of which the sidecar keeps a margin; not one answer comes earlier if it awaits the deadline.
DEADLINE_SECONDS = 1.8
ANSWER_SECONDS_MAX = 10 * SCRAPE_TIMEOUT_SECONDS  # no measurement: the machine may be busy
MEMORY_GROWTH_MAX = 64 << 20


@dataclass
class Side:
    """One of the two instances."""
    server: object
    instance: str
    prefix: str  # of its families' names
    up: str


class TargetFaults:
    """Mixed into a ServerTest that says which side is hurt."""

    postgres_settings = {}

    def start_all(self, poll_timeout="3s", target="", by_sockets=False, **how):
        """`target`: the configuration of another place to read instead of the hurt server."""
        self.postgres = Side(PostgresServer(self.sandbox, PASSWORD, self.postgres_settings),
                             "orders_db", "pg_", "pg_up")
        self.redis = Side(RedisServer(self.sandbox, PASSWORD), "cache", "redis_", "redis_up")
        self.hurt, self.other = self.choose(self.postgres, self.redis)
        self.postgres.server.sql("CREATE TABLE t AS SELECT 1 AS a")
        servers = self.postgres.server, self.redis.server
        dsn = servers[0].socket_dsn if by_sockets else servers[0].dsn
        address = servers[1].socket_address if by_sockets else servers[1].tcp_address
        places = {self.postgres.instance: f"dsn = {toml(dsn)}",
                  self.redis.instance: f"address = {toml(address)}"}
        if target:
            places[self.hurt.instance] = target
        # Without prefetch: polls are counted, so each of them is to be a scrape's.
        self.pillion = Pillion(self.sandbox, f"""
[exporters.{self.postgres.instance}]
type = "postgres"
{places[self.postgres.instance]}
password = "{PASSWORD}"
freshness = "{FRESHNESS_SECONDS}s"
timeout = "{poll_timeout}"
prefetch = false

[exporters.{self.redis.instance}]
type = "redis"
{places[self.redis.instance]}
password = "{PASSWORD}"
freshness = "{FRESHNESS_SECONDS}s"
timeout = "{poll_timeout}"
prefetch = false
""", **how)

    def start_well(self, poll_timeout="3s"):
        """Everything runs, and what a page shows then is known."""
        self.start_all(poll_timeout)
        for _ in range(3):  # the polls themselves add some series, such as of their commands
            self.next_poll()
            page = self.pillion.page()
        for side in (self.postgres, self.redis):
            self.assertEqual(page.value(side.up), 1)
            self.assertEqual(page.value("pillion_instance_up", instance_name=side.instance), 1)
        self.good = page
        self.memory = self.pillion.memory()

    @staticmethod
    def next_poll():
        """Time passes until the next scrape begins a poll."""
        time.sleep(2 * FRESHNESS_SECONDS)

    def failures(self):
        """{reason: how many polls of the hurt side failed so}."""
        counts = self.pillion.page("/metrics/pillion").values(
            "pillion_poll_failures_total", instance_name=self.hurt.instance)
        return {dict(labels)["reason"]: count for labels, count in counts.items() if count}

    def late(self):
        return self.pillion.counter("pillion_poll_late_total", instance_name=self.hurt.instance)

    def check_page_without(self, page):
        """The hurt side is down and shows no old samples; the other is complete."""
        self.assertLess(page.seconds, ANSWER_SECONDS_MAX)
        self.assertEqual(page.value(self.hurt.up), 0)
        self.assertEqual(page.value("pillion_instance_up", instance_name=self.hurt.instance), 0)
        self.assertEqual(page.value("pillion_snapshot_series", instance_name=self.hurt.instance), 0)
        if self.good is not None:
            self.assertEqual(page.names(self.other.prefix), self.good.names(self.other.prefix))
        self.assertEqual(page.value(self.other.up), 1)
        self.assertEqual(page.value("pillion_instance_up", instance_name=self.other.instance), 1)

    def scrape_without(self, reason, silent=False):
        """One scrape while the target is hurt, and what becomes of its poll."""
        failed = self.failures()
        late = self.late()
        self.next_poll()
        page = self.pillion.page(timeout=SCRAPE_TIMEOUT_SECONDS)
        self.check_page_without(page)
        if silent:
            self.assertGreater(page.seconds, DEADLINE_SECONDS)
            self.assertEqual(self.late(), late + 1)
        failed[reason] = failed.get(reason, 0) + 1
        wait_until(f"one poll more failed by {reason}", lambda: self.failures() == failed,
                   seconds=20)
        self.assertEqual(self.pillion.get("/-/healthy").status, 200)
        self.assertEqual(self.pillion.get("/-/ready").status, 200)

    def check_recovery(self):
        """The target is back: the first scrape must show it, with all that it showed before."""
        self.next_poll()
        page = self.pillion.page()
        for side in (self.postgres, self.redis):
            self.assertEqual(page.value(side.up), 1)
            self.assertEqual(page.value("pillion_instance_up", instance_name=side.instance), 1)
            if self.good is not None:
                self.assertLessEqual(self.good.names(side.prefix), page.names(side.prefix))

    def check_end(self, *states):
        """One line in the log per change, bounded memory, no password anywhere, a clean end."""
        self.assertEqual(self.pillion.states(self.hurt.instance), list(states))
        self.assertEqual(self.pillion.states(self.other.instance), ["up"])
        peak = self.pillion.memory("VmHWM")
        print(f"peak memory {peak / 1e6:.1f} MB")
        if not SANITIZED:
            self.assertLess(peak - self.memory, MEMORY_GROWTH_MAX)
        shown = [self.pillion.get(path).text for path in ("/", "/metrics", "/sd")]
        if self.pillion.admin_address:
            shown += [get(self.pillion.admin_address, path).text for path in ("/", "/status.json")]
        for text in [*shown, self.pillion.process.log_text()]:
            self.assertNotIn(PASSWORD, text)
        self.assertEqual(self.pillion.stop(15), 0)

    # ---- the server itself ---------------------------------------------------------------------

    def test_stopped(self):
        self.start_well()
        self.hurt.server.stop()
        self.scrape_without("refused")
        self.scrape_without("refused")
        self.hurt.server.start()
        self.check_recovery()
        self.check_end("up", "refused", "up")

    def test_killed(self):
        self.start_well()
        self.hurt.server.kill()
        self.scrape_without("refused")
        self.scrape_without("refused")
        self.hurt.server.start()
        self.check_recovery()
        self.check_end("up", "refused", "up")

    def test_restarted(self):
        """Nobody scraped meanwhile: the lost session is no news, the next scrape makes another."""
        self.start_well()
        for _ in range(2):
            self.hurt.server.stop()
            self.hurt.server.start()
            self.check_recovery()
        self.assertEqual(self.failures(), {})
        self.check_end("up")

    def test_frozen(self):
        self.start_well()
        self.hurt.server.freeze()
        self.scrape_without("timeout", silent=True)
        self.scrape_without("timeout", silent=True)
        self.scrape_without("timeout", silent=True)
        self.hurt.server.thaw()
        self.check_recovery()
        self.check_end("up", "late", "timeout", "up")

    def test_frozen_one_connection(self):
        """Scrapes of a target that hangs join the poll that hangs; others don't notice."""
        self.start_well(poll_timeout="8s")
        self.hurt.server.freeze()
        self.next_poll()
        answers = []
        slow = {"X-Prometheus-Scrape-Timeout-Seconds": "7"}
        waiting = [threading.Thread(target=lambda: answers.append(self.pillion.get(headers=slow)))
                   for _ in range(2)]
        for thread in waiting:
            thread.start()
        for _ in range(3):
            self.assertEqual(self.pillion.get("/-/healthy").status, 200)
            page = self.pillion.page(f"/metrics/{self.other.instance}")
            self.assertEqual(page.value(self.other.up), 1)
            self.assertEqual(page.names(self.other.prefix),
                             self.good.names(self.other.prefix))
            self.check_one_connection()
        self.assertEqual(answers, [], "the others were answered first")
        for thread in waiting:
            thread.join(HANG_SECONDS)
        self.assertEqual([answer.status for answer in answers], [200, 200])
        for answer in answers:
            page = parse_text(answer.text)
            page.seconds = answer.seconds
            self.check_page_without(page)
        self.check_one_connection()
        wait_until("the poll has ended", lambda: self.failures() == {"timeout": 1}, seconds=20)
        self.hurt.server.thaw()
        self.check_recovery()
        self.check_one_connection()
        self.check_end("up", "late", "timeout", "up")

    def check_one_connection(self):
        self.assertLessEqual(self.pillion.connections_to(*self.hurt.server.address), 1)

    def test_wrong_password(self):
        """The server's is another now. A refused one is tried again after 10 s or so, not with each
        poll: no account is locked."""
        self.start_well()
        self.change_password("another")
        refused = self.refused()
        for _ in range(3):
            self.next_poll()
            self.check_page_without(self.pillion.page(timeout=SCRAPE_TIMEOUT_SECONDS))
        wait_until("the polls are counted", lambda: set(self.failures()) == {"auth"})
        self.assertGreater(self.refused(), refused)
        self.change_password(PASSWORD)
        wait_until("it is tried again", lambda: self.pillion.page().value(self.hurt.up) == 1)
        self.assertLess(self.refused() - refused, 3)  # 2 if the machine is slow
        self.check_recovery()
        self.check_end("up", "auth", "up")

    def refused(self):
        return self.pillion.counter("pillion_secret_refused_total",
                                    instance_name=self.hurt.instance)

    # ---- somebody else on its port -------------------------------------------------------------

    def replaced_by(self, behave, reason, silent=False, polls=2):
        """Something else answers at the target's port for a while."""
        self.start_well()
        self.hurt.server.stop()
        fake = FakeServer(self.hurt.server.address, behave)
        for _ in range(polls):
            self.scrape_without(reason, silent)
        self.assertGreater(fake.accepted, 0)
        self.assertLessEqual(fake.accepted, polls, "more connections than polls")
        fake.close()
        print(f"{fake.accepted} connections, {fake.sent / 1e6:.1f} MB sent")
        self.hurt.server.start()
        self.check_recovery()
        self.check_end("up", *(["late"] if silent else []), reason, "up")

    def test_random_bytes(self):
        self.replaced_by(fake_server.random_bytes(b"\x07\xf3"), "protocol")

    def test_silent(self):
        self.replaced_by(fake_server.silent, "timeout", silent=True)

    # ---- names ---------------------------------------------------------------------------------

    def test_name_does_not_resolve(self):
        """A label that is too long for DNS: so no name server is ever asked by this test."""
        self.good = None
        self.start_all(target=self.target_at("x" * 64 + ".invalid"))
        self.memory = self.pillion.memory()
        self.scrape_without("dns")
        self.scrape_without("dns")
        self.check_end("dns")

    def test_name_server_is_silent(self):
        """The look-up hangs, not the poll."""
        unshare = executable("unshare", "util-linux")
        wrapper = [unshare, "--net", "--mount", *([] if os.geteuid() == 0 else ["-r"])]
        if self.sandbox.run([*wrapper, "true"], check=False).returncode != 0:
            self.skipTest("a network namespace cannot be made here")
        script = Path(fake_server.__file__).with_name("silent_dns.py")
        self.good = None
        self.start_all(target=self.target_at("db.example"), by_sockets=True, admin="",
                       listen=f"unix:{self.sandbox.dir}/metrics.sock",
                       wrapper=[*wrapper, sys.executable, "-B", script])
        self.memory = self.pillion.memory()
        self.scrape_without("timeout", silent=True)
        self.scrape_without("timeout", silent=True)
        self.check_end("late", "timeout")
