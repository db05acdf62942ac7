"""Two databases, exporters that read one of them through a proxy, and one fault at a time.

The proxy holds a poll in flight until the fault has struck, and counts what reaches the target.
"""
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPException

import http_get
from page import parse_text
from pillion_process import Pillion, toml
from postgres_server import MONITOR, PostgresServer
from proxy import PostgresCounter, Proxy, RedisCounter
from redis_server import RedisServer
from sandbox import HANG_SECONDS, executable, wait_until

PASSWORD = "marker-71fe"  # must never be seen anywhere
SCRAPE_TIMEOUT_SECONDS = 1
FRESHNESS_SECONDS = 0.1
HUNG_SECONDS = 10  # a peer's answer is not awaited longer
MOMENTS = ("idle", "in flight")
INSTANCES = {"postgres": "orders_db", "redis": "cache"}
PREFIXES = {"postgres": "pg_", "redis": "redis_"}
SAID = {"up", "late", "refused", "dns", "auth", "timeout", "protocol", "permission", "version",
        "limit", "internal", "stuck"}
COUNTERS = {"postgres": PostgresCounter, "redis": RedisCounter}


@dataclass
class Answer:
    seconds: float
    state: str           # up, part, down; of a peer also 500, hung
    others: bool = True  # whether the other instance was complete


@dataclass
class Row:
    """What was seen of one fault that struck at one moment."""
    database: str
    fault: str
    when: str
    subject: str
    answers: list = field(default_factory=list)  # while it lasted
    connections: int = 0  # that the target saw meanwhile
    statements: int = 0
    healthy_statements: int = 0  # of a poll before it, at most
    said: list = field(default_factory=list)  # what the log said of the target, to the end
    back: int = 0         # scrapes until the target was up again; 0: it never was
    back_seconds: float = 0.0


class Sidecar:
    """Pillion, which reads both."""

    name = "pillion"
    hang_seconds = HANG_SECONDS

    def __init__(self, site, environment):
        other = site.other
        dsn = f"host={site.name} port={site.proxy.address[1]} user={MONITOR} dbname=postgres"
        places = {"postgres": f"dsn = {toml(dsn)}",
                  "redis": f"address = {toml(f'{site.name}:{site.proxy.address[1]}')}"}
        places[other.database] = (f"dsn = {toml(other.server.dsn)}" if other.database == "postgres"
                                  else f"address = {toml(other.server.tcp_address)}")
        self._site = site
        self.pillion = Pillion(site.sandbox, "".join(f"""
[exporters.{INSTANCES[database]}]
type = "{database}"
{place}
password = "{PASSWORD}"
freshness = "{FRESHNESS_SECONDS}s"
timeout = "1500ms"
prefetch = false
""" for database, place in places.items()), env=environment)
        self.process = self.pillion.process
        for _ in range(3):  # the polls themselves add some series, such as of their commands
            time.sleep(2 * FRESHNESS_SECONDS)
            self._good = self.pillion.page()

    def scrape(self, database=None):
        page = self.pillion.page(timeout=SCRAPE_TIMEOUT_SECONDS)
        database = database or self._site.database
        other = self._site.other.database
        others = page.value(PREFIXES[other] + "up") == 1 and (
            self._good.names(PREFIXES[other]) <= page.names(PREFIXES[other]))
        return Answer(page.seconds, self._state(page, database), others)

    def _state(self, page, database):
        instance = INSTANCES[database]
        up = page.value("pillion_instance_up", instance_name=instance)
        assert up == page.value(PREFIXES[database] + "up")
        if up:
            collectors = page.values("pillion_collector_success", instance_name=instance)
            return "up" if all(collectors.values()) else "part"
        series = page.value("pillion_snapshot_series", instance_name=instance)
        assert series == 0, "old values are shown"
        return "down"

    def said(self):
        """What the log said of the target so far: up, late, or why it is down."""
        states = self.pillion.states(INSTANCES[self._site.database])
        return [state for state in states if state in SAID]


class Peer:
    """The exporter that Debian has for this database."""

    name = "peer"
    hang_seconds = HUNG_SECONDS

    def __init__(self, site, environment):
        self._database = site.database
        self._address = f"{site.sandbox.host}:{site.sandbox.port()}"
        where = f"{site.name}:{site.proxy.address[1]}"
        name = f"prometheus-{site.database}-exporter"
        if site.database == "postgres":
            options = [f"--web.listen-address={self._address}", "--log.level=error"]
            environment = {"DATA_SOURCE_NAME": f"postgresql://{MONITOR}:{PASSWORD}@{where}/postgres"
                                               "?sslmode=disable"}
        else:
            options = [f"-web.listen-address={self._address}", f"-redis.addr=redis://{where}"]
            environment = {"REDIS_PASSWORD": PASSWORD}
        self.process = site.sandbox.start("peer", [executable(name, name), *options],
                                          env=environment)
        wait_until("the peer answers", self._is_there, alive=[self.process])

    def _is_there(self):
        try:
            return http_get.get(self._address, "/metrics").status == 200
        except OSError:
            return False

    def scrape(self):
        begin = time.monotonic()
        headers = {"X-Prometheus-Scrape-Timeout-Seconds": str(SCRAPE_TIMEOUT_SECONDS)}
        try:
            answer = http_get.get(self._address, "/metrics", headers, seconds=HUNG_SECONDS)
        except (OSError, HTTPException):
            return Answer(time.monotonic() - begin, "hung")
        if answer.status != 200:
            return Answer(answer.seconds, str(answer.status))
        up = f"\n{PREFIXES[self._database]}up 1\n" in answer.text
        return Answer(answer.seconds, "up" if up else "down")

    def said(self):
        return []


@dataclass
class Target:
    database: str
    server: object


class Site:
    """The servers and the proxy; `subject` is who is looked at."""

    password = PASSWORD

    def __init__(self, sandbox, fault, database):
        self.sandbox, self.fault, self.database = sandbox, fault, database
        servers = {"postgres": PostgresServer(sandbox, PASSWORD, fault.postgres_settings),
                   "redis": RedisServer(sandbox, PASSWORD)}
        servers["postgres"].sql("CREATE TABLE t AS SELECT 1 AS a")
        self.server = servers.pop(database)
        self.other = Target(*next(iter(servers.items())))
        self.proxy = Proxy((sandbox.host, sandbox.port()), self.server.address,
                           COUNTERS[database])
        self.name = "target.test" if fault.by_name else sandbox.host
        self._pool = ThreadPoolExecutor()
        self.subject = None
        fault.prepare(self)

    def start(self, kind):
        environment = self.fault.environment(self)
        self.subject = kind(self, environment)
        return self.subject

    def end_sessions(self):
        """Of PostgreSQL's role for monitoring."""
        self.server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        f"WHERE usename = '{MONITOR}'")

    def run(self, name, when):
        """Strikes, scrapes, mends, and scrapes until all is well."""
        fault, proxy, subject = self.fault, self.proxy, self.subject
        row = Row(self.database, name, when, subject.name)
        wait_until("all is well", lambda: self._spaced_scrape().state == "up")
        row.healthy_statements = self._statements_of_a_poll()
        said = len(subject.said())
        connections, statements = proxy.connections, proxy.statements
        if when == "idle":
            fault.strike(self)
        else:
            row.answers.append(self._strike_in_flight())
        while len(row.answers) < fault.scrapes:
            row.answers.append(self._spaced_scrape())
        row.connections = proxy.connections - connections
        row.statements = proxy.statements - statements
        fault.mend(self)
        mended = time.monotonic()
        while True:
            row.back += 1
            if self._spaced_scrape().state == "up":
                break
            if time.monotonic() > mended + HANG_SECONDS:
                row.back = 0  # never
                break
        row.back_seconds = time.monotonic() - mended
        row.said = subject.said()[said:]
        return row

    def _statements_of_a_poll(self):
        before = self.proxy.statements
        assert self._spaced_scrape().state == "up"
        return self.proxy.statements - before

    def _spaced_scrape(self):
        time.sleep(2 * FRESHNESS_SECONDS)  # it begins a poll
        return self.subject.scrape()

    def _strike_in_flight(self):
        """The requests of a poll have left the exporter and come to the target after the fault."""
        self.proxy.hold()
        try:
            waiting = wait_until("a scrape waits for its poll", self._waiting_scrape)
            self.fault.strike(self)
        finally:
            self.proxy.release()
        return waiting.result()

    def _waiting_scrape(self):
        """A scrape that waits, or None: what was polled before was fresh enough for it."""
        time.sleep(2 * FRESHNESS_SECONDS)
        scrape = self._pool.submit(self.subject.scrape)
        wait_until("it is answered or its poll held",
                   lambda: self.proxy.held.is_set() or scrape.done())
        time.sleep(0.05)
        return None if scrape.done() else scrape
