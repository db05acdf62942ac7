"""Run by compare.sh. See there."""
import argparse
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))

import http_get  # noqa: E402
from page import parse_text  # noqa: E402
from pillion_process import Pillion, toml  # noqa: E402
from postgres_server import PostgresServer  # noqa: E402
from redis_server import RedisServer  # noqa: E402
from sandbox import Sandbox, executable, wait_until  # noqa: E402

import differences  # noqa: E402
from measured import cpu_seconds, memory_kb, quantile  # noqa: E402

SPACING_SECONDS = 1.3  # well beyond freshness, so that each scrape polls
_PASSWORD = "compare"
GZIP = {"Accept-Encoding": "gzip"}


class Side:
    """One or two processes that are scraped together."""

    def __init__(self, name, processes, addresses):
        self.name, self.processes, self.addresses = name, processes, addresses
        self._connections = [http_get.Kept(address) for address in addresses]
        self.latencies = {}  # encoding -> [seconds], the sum over the addresses
        self.cpu = {}        # encoding -> seconds per scrape
        self.bytes = {}

    def scrape(self, headers):
        answers = [kept.get("/metrics", headers) for kept in self._connections]
        assert all(a.status == 200 for a in answers), [a.status for a in answers]
        return answers

    def cpu_seconds(self):
        return sum(cpu_seconds(p.pid) for p in self.processes)

    def memory(self):
        parts = [memory_kb(p.pid) for p in self.processes]
        return {key: sum(part[key] for part in parts) for key in parts[0]}

    def page(self, i):
        return parse_text(http_get.get(self.addresses[i], "/metrics").text)


def start_servers(sandbox):
    postgres = PostgresServer(sandbox, _PASSWORD, {
        "shared_preload_libraries": "pg_stat_statements", "log_connections": "on"})
    for role in ("peer", "ours"):
        postgres.sql(f"CREATE ROLE {role} LOGIN PASSWORD '{_PASSWORD}'; "
                     f"GRANT pg_monitor TO {role}")
    postgres.sql("CREATE EXTENSION pg_stat_statements; CREATE DATABASE shop; "
                 "CREATE TABLE t AS SELECT i, repeat('x', 100) AS text "
                 "FROM generate_series(1, 20000) i; CREATE INDEX ON t (i); ANALYZE")
    redis = RedisServer(sandbox)
    for i in range(200):
        redis.command("SET", f"key:{i}", "x" * 50)
    return postgres, redis


def dsn(postgres, role):
    return (f"host={postgres.host} port={postgres.port} user={role} password={_PASSWORD} "
            "dbname=postgres sslmode=disable")


def start_peers(sandbox, postgres, redis):
    ports = [sandbox.port(), sandbox.port()]
    addresses = [f"{sandbox.host}:{port}" for port in ports]
    processes = [
        sandbox.start("postgres_exporter",
                      [executable("prometheus-postgres-exporter", "prometheus-postgres-exporter"),
                       f"--web.listen-address={addresses[0]}", "--log.level=error"],
                      env={"DATA_SOURCE_NAME": dsn(postgres, "peer")}),
        sandbox.start("redis_exporter",
                      [executable("prometheus-redis-exporter", "prometheus-redis-exporter"),
                       f"-web.listen-address={addresses[1]}",
                       f"-redis.addr=redis://{redis.host}:{redis.port}"], env={}),
    ]
    for process, address in zip(processes, addresses):
        wait_until(f"{process.name} answers", lambda a=address: http_get.answers(a), alive=[process])
    return Side("postgres_exporter + redis_exporter", processes, addresses)


def postgres_table(postgres, more=""):
    """Of our configuration; `more`: further lines of it."""
    return f"""
[exporters.postgres]
type = "postgres"
{more}
dsn = {toml(dsn(postgres, 'ours').replace(f'password={_PASSWORD} ', ''))}
password = {toml(_PASSWORD)}
"""


def redis_table(redis, more=""):
    return f"""
[exporters.redis]
type = "redis"
{more}
address = {toml(f'{redis.host}:{redis.port}')}
"""


def start_ours(sandbox, postgres, redis, names="", name="pillion"):
    """`names`: the line of the configuration that asks for those of an older peer."""
    pillion = Pillion(sandbox, postgres_table(postgres, names) + redis_table(redis), name=name)
    return Side("pillion", [pillion.process], [pillion.address]), pillion


def measure(sides, encoding, headers, scrapes):
    """The sides in turn, so that what disturbs the machine disturbs both."""
    time.sleep(SPACING_SECONDS)
    for side in sides:
        side.scrape(headers)
        side.latencies[encoding] = []
    time.sleep(SPACING_SECONDS)
    # Of the whole time: polls ahead of a scrape count as well.
    before = {side.name: side.cpu_seconds() for side in sides}
    for i in range(scrapes):
        began = time.monotonic()
        for side in sides:
            got = side.scrape(headers)
            side.latencies[encoding].append(sum(a.seconds for a in got))
            time.sleep(SPACING_SECONDS / len(sides) / 2)
            side.bytes[encoding] = sum(len(a.body) for a in got)
        time.sleep(max(0.0, began + SPACING_SECONDS - time.monotonic()))
        print(f"\r{encoding}: {i + 1} of {scrapes}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    for side in sides:
        side.cpu[encoding] = (side.cpu_seconds() - before[side.name]) / scrapes


def server_cost(side, role, postgres, redis, scrapes=10):
    """Statements, connections and Redis commands per scrape, with nobody else scraping."""
    def counts():
        statements = postgres.sql(
            "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements s "
            f"JOIN pg_roles r ON r.oid = s.userid WHERE rolname = '{role}'")
        sessions = postgres.process.log_text().count(f"connection authorized: user={role}")
        info = redis.command("INFO", "stats")
        fields = dict(line.split(":", 1) for line in info.splitlines() if ":" in line)
        return [float(statements), float(sessions),
                float(fields["total_commands_processed"]),
                float(fields["total_connections_received"])]
    for _ in range(4):  # until it is expected: a poll ahead of the next one is there at both ends
        side.scrape({})
        time.sleep(SPACING_SECONDS)
    before = counts()
    for _ in range(scrapes):
        side.scrape({})
        time.sleep(SPACING_SECONDS)
    after = counts()
    own = 1  # each of counts() calls INFO once on a connection of its own
    deltas = [a - b for a, b in zip(after, before)]
    return {"statements": deltas[0] / scrapes, "pg_connections": deltas[1] / scrapes,
            "redis_commands": (deltas[2] - own) / scrapes,
            "redis_connections": (deltas[3] - own) / scrapes}


def storm(side, postgres, role, requests=200):
    """Scrapes one after another without a pause: what the servers see of it."""
    def statements():
        return float(postgres.sql(
            "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements s "
            f"JOIN pg_roles r ON r.oid = s.userid WHERE rolname = '{role}'"))
    before, cpu, began = statements(), side.cpu_seconds(), time.monotonic()
    for _ in range(requests):
        side.scrape({})
    seconds = time.monotonic() - began
    return {"per_second": requests / seconds, "cpu": (side.cpu_seconds() - cpu) / requests,
            "statements": (statements() - before) / requests}


def ms(seconds):
    return f"{seconds * 1000:.2f} ms"


def mb(kb):
    return f"{kb / 1024:.1f} MB"


def print_costs(peers, ours, cost, storms, scrapes):
    def row(title, left, right, show):
        print(f"| {title} | {show(left)} | {show(right)} | "
              + (f"{right / left:.2f} |" if left else "- |"))
    print(f"\n### Cost, {scrapes} scrapes of each side in turn\n")
    print(f"| | {peers.name} | {ours.name} | ratio |\n| --- | --- | --- | --- |")
    for encoding in ("plain", "gzip"):
        row(f"CPU per scrape, {encoding}", peers.cpu[encoding], ours.cpu[encoding], ms)
        for q in (0.5, 0.99):
            row(f"latency p{q * 100:.0f}, {encoding}",
                quantile(peers.latencies[encoding], q), quantile(ours.latencies[encoding], q), ms)
        row(f"bytes, {encoding}", peers.bytes[encoding], ours.bytes[encoding], str)
    before, after = peers.memory(), ours.memory()
    for key, title in (("rss", "resident memory"), ("pss", "proportional memory"),
                       ("private", "private memory")):
        row(title, before[key], after[key], mb)
    for key, title in (("statements", "SQL statements per scrape"),
                       ("pg_connections", "new PostgreSQL connections per scrape"),
                       ("redis_commands", "Redis commands per scrape"),
                       ("redis_connections", "new Redis connections per scrape")):
        row(title, cost[0][key], cost[1][key], lambda v: f"{v:.1f}")
    row("storm: scrapes per second, one client", storms[0]["per_second"],
        storms[1]["per_second"], lambda v: f"{v:.0f}")
    row("storm: CPU per scrape", storms[0]["cpu"], storms[1]["cpu"], ms)
    row("storm: SQL statements per scrape", storms[0]["statements"], storms[1]["statements"],
        lambda v: f"{v:.2f}")


def print_differences(title, result):
    """Returns how many of them have no reason."""
    families, series, values = result
    known = differences.known_reasons()
    unexplained = 0
    print(f"\n### {title}\n\n| what | where | reason |\n| --- | --- | --- |")
    rows = [("family we don't emit", name, name) for name in families]
    rows += [(f"series we don't emit ({len(keys)})", f"{name} {dict(keys[0])}", name)
             for name, keys in series.items()]
    rows += [(f"value {got:g}, peer {first:g} and {second:g}", f"{name} {dict(key)}", name)
             for (name, key), (first, got, second) in values.items()]
    for what, where, name in rows:
        reason = differences.reason_for(name, known)
        unexplained += reason == ""
        print(f"| {what} | {where} | {reason or '**not explained**'} |")
    print(f"\n{len(families)} families, {sum(map(len, series.values()))} series and "
          f"{len(values)} values differ; {unexplained} without a reason.")
    return unexplained


def scrapes_asked(usual):
    """What --scrapes says."""
    parser = argparse.ArgumentParser(description="See compare.sh.")
    parser.add_argument("--scrapes", type=int, default=usual)
    return parser.parse_args().scrapes


def main():
    scrapes = scrapes_asked(200)
    sandbox = Sandbox()
    try:
        postgres, redis = start_servers(sandbox)
        peers = start_peers(sandbox, postgres, redis)
        _, pillion = start_ours(sandbox, postgres, redis, 'compat = ["0.11"]', "with_old_names")
        unexplained = 0
        for i, title in enumerate(("postgres_exporter 0.11.1", "redis_exporter 1.45.0")):
            time.sleep(SPACING_SECONDS)  # or ours would be the page of the last round
            before = peers.page(i)
            mine = pillion.page()
            after = peers.page(i)
            unexplained += print_differences(f"Beside {title}",
                                             differences.compare(before, mine, after))
        pillion.stop(signal.SIGTERM)
        ours, pillion = start_ours(sandbox, postgres, redis)  # what costs is looked at as it comes
        polls = 'pillion_poll_duration_seconds_count'
        begun = pillion.counter(polls, instance_name="redis")
        measure([peers, ours], "plain", {}, scrapes)
        measure([peers, ours], "gzip", GZIP, scrapes)
        time.sleep(SPACING_SECONDS)
        polled = pillion.counter(polls, instance_name="redis") - begun
        wanted = 2 * (scrapes + 1)
        # Ahead of a scrape that did not come, when a round was over: one or two.
        assert wanted <= polled <= wanted + 4, f"{polled} polls for {wanted} scrapes"
        cost = [server_cost(peers, "peer", postgres, redis),
                server_cost(ours, "ours", postgres, redis)]
        storms = [storm(peers, postgres, "peer"), storm(ours, postgres, "ours")]
        print_costs(peers, ours, cost, storms, scrapes)
        return 1 if unexplained else 0
    finally:
        sandbox.close()


if __name__ == "__main__":
    sys.exit(main())
