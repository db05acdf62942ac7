"""Run by databases.sh. See there."""
import argparse
import re
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))

import http_get  # noqa: E402
from pillion_process import Pillion, toml  # noqa: E402
from postgres_server import PostgresServer  # noqa: E402
from sandbox import Sandbox  # noqa: E402

from measured import cpu_seconds, family_cpu_seconds, memory_kb  # noqa: E402

_SPACING_SECONDS = 1.2  # beyond freshness, so that each scrape polls
_KEPT_MAX = 100
_AT_ONCE = 50
_TABLES = "CREATE TABLE a (x int PRIMARY KEY); CREATE TABLE b (x int PRIMARY KEY, y text)"
_TIME = re.compile(r'^pg_scrape_database_timestamp_seconds\{.*collector="stat_user_tables"\} (\S+)',
                   re.MULTILINE)


def make_databases(postgres, count):
    # Each statement by itself: CREATE DATABASE wants no transaction around it.
    postgres.sql("CREATE DATABASE model")
    postgres.sql(f"\\connect model\n{_TABLES};")
    for first in range(0, count, _AT_ONCE):
        postgres.sql("\n".join(f"CREATE DATABASE tenant_{i} TEMPLATE model;"
                               for i in range(first, min(first + _AT_ONCE, count))))


def measure(sandbox, postgres, name, options, scrapes):
    pillion = Pillion(sandbox, f"""
[exporters.all]
type = "postgres"
dsn = {toml(postgres.socket_dsn)}
prefetch = false
{options}
""")
    ages, took, most = [], [], 0
    first_full = None
    ours = server = 0.0
    for number in range(scrapes):
        before = cpu_seconds(pillion.process.pid), family_cpu_seconds(postgres.process)
        began = time.monotonic()
        answer = http_get.get(pillion.address, "/metrics", {"Accept-Encoding": "gzip"})
        took.append(time.monotonic() - began)
        ours += cpu_seconds(pillion.process.pid) - before[0]
        server += family_cpu_seconds(postgres.process) - before[1]
        assert answer.status == 200
        if first_full is None or number == scrapes - 1:
            text = http_get.get(pillion.address, "/metrics").text
            now = time.time()
            ages = [now - float(at) for at in _TIME.findall(text)]
            if first_full is None and 'pg_scrape_databases{state="waiting"} 0' in text:
                first_full = number + 1
        most = max(most, len(postgres.sessions_of_pillion()))
        time.sleep(max(0, _SPACING_SECONDS - (time.monotonic() - began)))
    took.sort()
    series = sum(1 for line in text.splitlines() if not line.startswith("#"))
    rss = memory_kb(pillion.process.pid)["rss"]
    pillion.stop(signal.SIGTERM)
    return (name, f"{server / scrapes * 1000:.0f} ms", f"{ours / scrapes * 1000:.1f} ms",
            f"{took[len(took) // 2] * 1000:.0f} / {took[-1] * 1000:.0f} ms", most,
            first_full or "-",
            f"{max(ages):.1f} s" if ages else "-", series, f"{rss / 1024:.1f} MB")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scrapes", type=int, default=60)
    parser.add_argument("--databases", type=int, default=1000)
    arguments = parser.parse_args()
    sandbox = Sandbox()
    try:
        postgres = PostgresServer(sandbox, "monitor-password", {"max_connections": "150",
                                                                "autovacuum": "off"})
        make_databases(postgres, arguments.databases)
        ways = [("that of the dsn alone", ""), ("all, hopped", 'databases = ["*"]'),
                (f"all, {_KEPT_MAX} kept",
                 f'databases = ["*"]\ndatabase_connections = {_KEPT_MAX}')]
        rows = [measure(sandbox, postgres, name, options, arguments.scrapes)
                for name, options in ways]
        print(f"\n### {arguments.databases} databases of two tables, {arguments.scrapes} scrapes of "
              f"each way, one each {_SPACING_SECONDS} s\n")
        print("| databases read | server's CPU per scrape | Pillion's | scrape, median / longest "
              "| most sessions between | scrapes until all are known | oldest values | series "
              "| resident memory |\n"
              "| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
        for row in rows:
            print("| " + " | ".join(str(value) for value in row) + " |")
        return 0
    finally:
        sandbox.close()


if __name__ == "__main__":
    sys.exit(main())
