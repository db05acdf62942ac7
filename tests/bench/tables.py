"""Run by tables.sh. See there."""
import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))

import http_get  # noqa: E402
from pillion_process import Pillion, toml  # noqa: E402
from postgres_server import MONITOR, PostgresServer  # noqa: E402
from sandbox import Sandbox, executable, wait_until  # noqa: E402

from measured import cpu_seconds, family_cpu_seconds, peak_kb, quantile  # noqa: E402

_SPACING_SECONDS = 1.3  # well beyond freshness, so that each scrape polls
_HANG_SECONDS = 120
_GZIP = {"Accept-Encoding": "gzip"}
_PASSWORD = "tables"
_AT_ONCE = 500
# That version has its tables by a queries file; these are the columns that ours shows by itself.
_TABLES = ("seq_scan", "seq_tup_read", "idx_scan", "idx_tup_fetch", "n_tup_ins", "n_tup_upd",
           "n_tup_del", "n_tup_hot_upd", "n_live_tup", "n_dead_tup", "n_mod_since_analyze",
           "vacuum_count", "autovacuum_count", "analyze_count", "autoanalyze_count")
_TIMES = ("last_vacuum", "last_autovacuum", "last_analyze", "last_autoanalyze")
_BLOCKS = tuple(f"{what}_blks_{how}" for what in ("heap", "idx", "toast", "tidx")
                for how in ("read", "hit"))


def queries_file():
    """As the peer reads it."""
    def query(view, plain, times=()):
        columns = [*plain, *(f"coalesce(extract(epoch FROM {name}), 0) AS {name}" for name in times)]
        labels = ("datname", "schemaname", "relname")
        text = (f"pg_{view}:\n  query: \"SELECT current_database() AS datname, schemaname, relname, "
                f"{', '.join(columns)} FROM pg_{view}\"\n  metrics:\n")
        for name in (*labels, *plain, *times):
            usage = "LABEL" if name in labels else "GAUGE" if name in times else "COUNTER"
            text += f"    - {name}: {{usage: {usage}, description: \"{name} of a table\"}}\n"
        return text
    return query("stat_user_tables", _TABLES, _TIMES) + query("statio_user_tables", _BLOCKS)


def make_tables(postgres, count):
    for first in range(0, count, _AT_ONCE):
        postgres.sql("\n".join(f"CREATE TABLE orders_{i} (id int PRIMARY KEY, text text);"
                               f"INSERT INTO orders_{i} VALUES (1, 'x');"
                               for i in range(first, min(first + _AT_ONCE, count))))


def start_peer(sandbox, postgres):
    address = f"{sandbox.host}:{sandbox.port()}"
    queries = sandbox.dir / "queries.yaml"
    queries.write_text(queries_file())
    process = sandbox.start(
        "postgres_exporter",
        [executable("prometheus-postgres-exporter", "prometheus-postgres-exporter"),
         f"--web.listen-address={address}", "--log.level=error",
         f"--extend.query-path={queries}"],
        env={"DATA_SOURCE_NAME": f"postgresql://{MONITOR}:{_PASSWORD}@{postgres.host}:"
                                 f"{postgres.port}/postgres?sslmode=disable"})
    wait_until("postgres_exporter listens", lambda: http_get.listens(address), alive=[process])
    return process, address


def start_ours(sandbox, postgres):
    pillion = Pillion(sandbox, f"""
[exporters.postgres]
type = "postgres"
dsn = {toml(postgres.dsn)}
password = {toml(_PASSWORD)}
prefetch = false
""")
    return pillion.process, pillion.address


def measure(side, postgres, scrapes):
    process, address = side
    plain = http_get.get(address, "/metrics", seconds=_HANG_SECONDS)
    assert plain.status == 200, plain.text[:500]
    series = sum(1 for line in plain.text.splitlines() if not line.startswith("#"))
    time.sleep(_SPACING_SECONDS)
    ours = server = 0.0
    took = []
    for _ in range(scrapes):
        before = cpu_seconds(process.pid), family_cpu_seconds(postgres.process)
        began = time.monotonic()
        answer = http_get.get(address, "/metrics", _GZIP, seconds=_HANG_SECONDS)
        took.append(time.monotonic() - began)
        time.sleep(_SPACING_SECONDS)
        ours += cpu_seconds(process.pid) - before[0]
        server += family_cpu_seconds(postgres.process) - before[1]
    return {"series": (series, "{:,.0f}"),
            "CPU per scrape, gzip": (ours / scrapes * 1000, "{:.0f} ms"),
            "CPU of the server per scrape": (server / scrapes * 1000, "{:.0f} ms"),
            "scrape p50": (quantile(took, 0.5) * 1000, "{:.0f} ms"),
            "bytes, gzip": (len(answer.body), "{:,.0f}"),
            "peak memory": (peak_kb(process.pid) / 1024, "{:.1f} MB")}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scrapes", type=int, default=20)
    parser.add_argument("--tables", type=int, default=10_000)
    arguments = parser.parse_args()
    sandbox = Sandbox()
    try:
        postgres = PostgresServer(sandbox, _PASSWORD, {"autovacuum": "off",
                                                       "max_locks_per_transaction": "1024"})
        make_tables(postgres, arguments.tables)
        peer = measure(start_peer(sandbox, postgres), postgres, arguments.scrapes)
        ours = measure(start_ours(sandbox, postgres), postgres, arguments.scrapes)
        print(f"\n### {arguments.tables} tables, {arguments.scrapes} scrapes of each side\n")
        print("| | postgres_exporter | pillion | ratio |\n| --- | --- | --- | --- |")
        for row, (value, form) in peer.items():
            mine = ours[row][0]
            print(f"| {row} | {form.format(value)} | {form.format(mine)} | {mine / value:.2f} |")
        return 0
    finally:
        sandbox.close()


if __name__ == "__main__":
    sys.exit(main())
