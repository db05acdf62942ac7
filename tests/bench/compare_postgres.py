"""Run by `compare.sh postgres`. See there."""
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))

import http_get  # noqa: E402
from pillion_process import Pillion, toml  # noqa: E402
from sandbox import Sandbox, executable, wait_until  # noqa: E402

import compare  # noqa: E402
from measured import cpu_seconds, memory_kb, quantile  # noqa: E402

_WARM_UP = 6  # scrapes of each side: what runs once, and until they are expected

# What postgres_exporter 0.11.1 reads by default, by our names.
_COLLECTORS_OF_THE_PEER = {
    "static", "stat_bgwriter", "stat_archiver", "stat_replication", "replication_slots",
    "stat_database", "stat_database_conflicts", "locks", "stat_activity", "settings", "database"}


class Side:
    """An exporter of PostgreSQL, and the role it logs in with."""

    def __init__(self, name, process, address, role):
        self.process, self.role = process, role
        self.side = compare.Side(name, [process], [address])
        self.first_backends, self.latencies = None, []

    def backends(self, postgres):
        rows = postgres.sql(f"SELECT pid FROM pg_stat_activity WHERE usename = '{self.role}'")
        return [int(pid) for pid in rows.split()]

    def statements(self, postgres):
        """[how many, their time in ms], as the server counts them."""
        return [float(field) for field in postgres.sql(
            "SELECT coalesce(sum(calls), 0) || ' ' || coalesce(sum(total_exec_time), 0) "
            "FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid "
            f"WHERE rolname = '{self.role}'").split()]

    def costs(self, postgres):
        """[CPU of the exporter, of its backends, statements and their time in ms] so far."""
        backends = self.backends(postgres)
        assert self.first_backends in (None, backends), f"{self.role} connected anew"
        self.first_backends = backends
        return [cpu_seconds(self.process.pid), sum(map(cpu_seconds, backends)),
                *self.statements(postgres)]

    def scrape(self):
        answer, = self.side.scrape(compare.GZIP)
        self.latencies.append(answer.seconds)


def start_peer(sandbox, postgres):
    address = f"{sandbox.host}:{sandbox.port()}"
    process = sandbox.start(
        "postgres_exporter",
        [executable("prometheus-postgres-exporter", "prometheus-postgres-exporter"),
         f"--web.listen-address={address}", "--log.level=error"],
        env={"DATA_SOURCE_NAME": compare.dsn(postgres, "peer")})
    wait_until("the peer answers", lambda: http_get.answers(address), alive=[process])
    return Side("postgres_exporter 0.11.1", process, address, "peer")


def start_ours(sandbox, postgres, title, role, off=()):
    off = ", ".join(f"{name} = false" for name in off)
    pillion = Pillion(sandbox, f"""
[exporters.postgres]
type = "postgres"
dsn = {toml(compare.dsn(postgres, role).replace(f'password={compare._PASSWORD} ', ''))}
password = {toml(compare._PASSWORD)}
collectors = {{ {off} }}
""", name=role)
    return Side(title, pillion.process, pillion.address, role)


def collectors(side):
    """Those that run."""
    family = side.side.page(0).families["pillion_collector_success"]
    return {dict(labels)["collector"] for _, labels in family.samples}


def scrape_in_turn(sides, scrapes):
    """Each at its pace, so that what disturbs the machine disturbs all of them."""
    next_one = time.monotonic()
    for i in range(scrapes):
        for side in sides:
            side.scrape()
            next_one += compare.SPACING_SECONDS / len(sides)
            time.sleep(max(0.0, next_one - time.monotonic()))
        print(f"\r{i + 1} scrapes of each", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)


def print_costs(sides, costs, scrapes):
    """`costs`: of each side per scrape, as Side.costs()."""
    def row(title, values, show):
        print(f"| {title} | " + " | ".join(
            show(value) + (f" ({value / values[0]:.2f})" if i and values[0] else "")
            for i, value in enumerate(values)) + " |")
    cpu, server_cpu, statements, statement_ms = zip(*costs)
    print(f"\n### PostgreSQL alone, {scrapes} scrapes of each in turn (ratio)\n")
    print("| | " + " | ".join(side.side.name for side in sides) + " |")
    print("| --- " * (len(sides) + 1) + "|")
    row("CPU per scrape, gzip", cpu, compare.ms)
    for q in (0.5, 0.99):
        row(f"latency p{q * 100:.0f}", [quantile(s.latencies, q) for s in sides], compare.ms)
    row("the server's CPU per scrape", server_cpu, compare.ms)
    row("time of statements per scrape", [ms / 1000 for ms in statement_ms], compare.ms)
    row("statements per scrape", statements, lambda v: f"{v:.1f}")
    row("samples", [float(len(s.side.page(0).series())) for s in sides], lambda v: f"{v:.0f}")
    row("resident memory", [memory_kb(s.process.pid)["rss"] for s in sides], compare.mb)


def main():
    scrapes = compare.scrapes_asked(100)
    sandbox = Sandbox()
    try:
        postgres, _ = compare.start_servers(sandbox)
        postgres.sql(f"CREATE ROLE same LOGIN PASSWORD '{compare._PASSWORD}'; "
                     "GRANT pg_monitor TO same")
        sides = [start_peer(sandbox, postgres),
                 start_ours(sandbox, postgres, "pillion, as it comes", "ours")]
        assert collectors(sides[1]) >= _COLLECTORS_OF_THE_PEER
        sides.append(start_ours(sandbox, postgres, "pillion, the peer's collectors", "same",
                                collectors(sides[1]) - _COLLECTORS_OF_THE_PEER))
        scrape_in_turn(sides, _WARM_UP)
        before = [side.costs(postgres) for side in sides]
        for side in sides:
            side.latencies.clear()
        scrape_in_turn(sides, scrapes)
        after = [side.costs(postgres) for side in sides]
        print_costs(sides, [[(a - b) / scrapes for a, b in zip(*pair)]
                            for pair in zip(after, before)], scrapes)
        return 0
    finally:
        sandbox.close()


if __name__ == "__main__":
    sys.exit(main())
