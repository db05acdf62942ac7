"""Run by freshness.sh --live: real databases, a real Prometheus, Pillion beside the peers.

How old data is, is told by the data: how long a transaction has been open by the server's clock, and
how often keys were found, which a client of ours counts along. Neither depends on an exporter's word.
"""
import argparse
import bisect
import sys
import threading
import time
from pathlib import Path

_BENCH = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(_BENCH), str(_BENCH.parent / "support")]

import compare  # noqa: E402
from measured import quantile  # noqa: E402
from prometheus_server import PrometheusServer  # noqa: E402
from sandbox import Sandbox  # noqa: E402

_FIRST_LEFT_OUT = 10  # scrapes, from which the interval is learnt
_HIT_SPACING_SECONDS = 0.002


class OpenTransaction:
    """Its age is in the data."""

    metric = 'pg_stat_activity_max_tx_duration{{job="{job}",state="active"}}'

    def __init__(self, postgres):
        self._began = postgres.hold_transaction()

    def read_at(self, value):
        return self._began + value


class CountedHits:
    """Finds a key again and again, and remembers when which count was reached."""

    metric = 'redis_keyspace_hits_total{{job="{job}"}}'

    def __init__(self, redis):
        self._redis = redis
        self._counts, self._times = [], []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        with self._redis.session() as call:
            count = int(call("INFO", "stats").split("keyspace_hits:")[1].split("\r\n")[0])
            while not self._ended.wait(_HIT_SPACING_SECONDS):
                call("GET", "key:1")
                count += 1
                self._times.append(time.time())
                self._counts.append(count)

    def stop(self):
        self._ended.set()
        self._thread.join()

    def read_at(self, value):
        """The middle of the time in which it was so many."""
        i = bisect.bisect_left(self._counts, value)
        after = self._times[min(i + 1, len(self._times) - 1)]
        return (self._times[min(i, len(self._times) - 1)] + after) / 2


def series(prometheus, selector, minutes):
    """{time of the scrape: value} of the one with the highest values"""
    found = prometheus.samples(f"{selector}[{minutes}m]")
    assert found, selector
    return dict(max(found, key=lambda samples: samples[-1][1])[_FIRST_LEFT_OUT:])


def row(prometheus, name, job, clock, minutes):
    seconds = series(prometheus, f'scrape_duration_seconds{{job="{job}"}}', minutes)
    values = series(prometheus, clock.metric.format(job=job), minutes)
    ages = [at + seconds[at] - clock.read_at(value) for at, value in values.items()
            if at in seconds]
    cells = [quantile(list(seconds.values()), 0.5), quantile(list(seconds.values()), 0.99),
             quantile(ages, 0.5), quantile(ages, 0.99)]
    return [name, str(len(seconds)), *(f"{cell * 1e3:.1f} ms" for cell in cells)]


def jobs(sides, pillion):
    postgres_exporter, redis_exporter = sides.addresses
    targets = {"pillion": pillion.address, "postgres_exporter": postgres_exporter,
               "redis_exporter": redis_exporter}
    return "".join(f"- job_name: {name}\n  static_configs: [{{targets: ['{address}']}}]\n"
                   for name, address in targets.items())


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--seconds", type=int, default=120)
    seconds = arguments.parse_args().seconds
    sandbox = Sandbox()
    try:
        postgres, redis = compare.start_servers(sandbox)
        clocks = {"postgres": OpenTransaction(postgres), "redis": CountedHits(redis)}
        peers = compare.start_peers(sandbox, postgres, redis)
        _, pillion = compare.start_ours(sandbox, postgres, redis)
        prometheus = PrometheusServer(sandbox, jobs(peers, pillion))
        prometheus.await_scrapes("pillion", 1)
        time.sleep(seconds + _FIRST_LEFT_OUT)
        clocks["redis"].stop()
        minutes = seconds // 60 + 1
        rows = [row(prometheus, f"{name}, {database}", job, clocks[database], minutes)
                for database in ("postgres", "redis")
                for name, job in (("Pillion", "pillion"),
                                  (f"{database}_exporter", f"{database}_exporter"))]
        print("| subject | scrapes | scrape p50 | scrape p99 | age p50 | age p99 |")
        print("| --- | --- | --- | --- | --- | --- |")
        for cells in rows:
            print(f"| {' | '.join(cells)} |")
    finally:
        sandbox.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
