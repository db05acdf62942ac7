#!/usr/bin/env python3
"""The sidecar is scraped each second while random faults strike its databases all the time.

  tests/faults/soak.py --minutes 30 --build DIR      the real one; CTest runs one of two minutes
  tests/faults/soak.py --seed 7                      the faults of that run again

Each answer must come in its scrape's time and be a valid page; memory, descriptors and threads must
stay what they are after the warm-up; both targets must be up in the end.
"""
import argparse
import gzip
import os
import random
import sys
import threading
import time
import unittest
from pathlib import Path

_HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(_HERE), str(_HERE.parent / "support")]

from page import parse_text  # noqa: E402
from sandbox import Sandbox, wait_until  # noqa: E402

TIMEOUT_SECONDS = 1.0
WARM_UP_SHARE = 0.25
MEMORY_GROWTH_MAX = 1 << 20        # of a release build
MEMORY_GROWTH_MAX_DEBUG = 24 << 20
MORE_DESCRIPTORS, MORE_THREADS = 12, 4  # connections of the scrapers and look-ups in flight
PASSWORD = "marker-5a0c"


class Scraper(threading.Thread):
    """Asks in its rhythm, whatever comes, and keeps what was wrong."""

    def __init__(self, pillion, over, path, every, headers, deadline):
        super().__init__(daemon=True)
        self._pillion, self._over, self._path, self._every = pillion, over, path, every
        self._headers, self._deadline = headers, deadline
        self.answers, self.slowest, self.wrong = 0, 0.0, []

    def run(self):
        due = time.monotonic()
        while not self._over.is_set():
            try:
                self._scrape()
            except Exception as error:  # whatever it is, the soak has failed
                self.wrong.append(f"{self._path}: {type(error).__name__} {error}"[:300])
            due = max(due + self._every, time.monotonic())
            self._over.wait(max(0.0, due - time.monotonic()))

    def _scrape(self):
        answer = self._pillion.get(self._path, self._headers)
        self.answers += 1
        self.slowest = max(self.slowest, answer.seconds)
        if answer.status != 200:
            self.wrong.append(f"{self._path}: {answer.status}")
        if answer.seconds > self._deadline:
            self.wrong.append(f"{self._path}: answered after {answer.seconds:.2f} s")
        if self._path.startswith("/metrics"):
            body = answer.body
            if answer.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            parse_text(body.decode())


def strike(kind, database, server, seconds):
    """One fault, and its end."""
    if kind == "frozen":
        server.freeze()
        time.sleep(seconds)
        server.thaw()
    elif kind == "killed":
        server.kill()
        time.sleep(seconds)
        server.start()
    elif kind == "stopped":
        server.stop()
        time.sleep(seconds)
        server.start()
    elif kind == "sessions" and database == "postgres":
        server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'monitor'")
    elif kind == "sessions":
        server.command("CLIENT", "KILL", "TYPE", "normal")
    elif kind == "locked" and database == "postgres":
        server.lock("pg_class")
        time.sleep(seconds)
        server.unlock()
    elif kind == "locked":
        server.command("CLIENT", "PAUSE", int(seconds * 1000), "ALL")
        time.sleep(seconds)
    elif kind == "password" and database == "postgres":
        server.sql("ALTER ROLE monitor PASSWORD 'another'; SELECT pg_terminate_backend(pid) FROM "
                   "pg_stat_activity WHERE usename = 'monitor'")
        time.sleep(seconds)
        server.sql(f"ALTER ROLE monitor PASSWORD '{PASSWORD}'")
    elif kind == "password":
        server.set_password("another")
        server.command("CLIENT", "KILL", "TYPE", "normal")
        time.sleep(seconds)
        server.set_password(PASSWORD)


KINDS = ("frozen", "killed", "stopped", "sessions", "locked", "password")


class Striker(threading.Thread):
    """Strikes at random. It stays to the end, for servers that it started die with its thread."""

    def __init__(self, database, server, calm, over, seed):
        super().__init__(daemon=True)
        self._database, self._server, self._calm, self._over = database, server, calm, over
        self.done = threading.Event()
        self._random = random.Random(f"{seed} {database}")
        self.count, self.wrong = {}, []

    def run(self):
        while not (self._calm.wait(self._random.uniform(0.5, 4)) or self.wrong):
            kind = self._random.choice(KINDS)
            self.count[kind] = self.count.get(kind, 0) + 1
            try:
                strike(kind, self._database, self._server, self._random.uniform(0.2, 3))
            except Exception as error:
                self.wrong.append(f"{kind} of {self._database}: {error}"[:1000])
        self.done.set()
        self._over.wait()


def watch(pillion, seconds):
    """[(memory, descriptors, threads)], one each second."""
    seen = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(1)
        seen.append((pillion.memory(), pillion.descriptors(), pillion.threads()))
    return seen


def judge(seen, memory_growth_max):
    """What grew: of memory the quietest seconds are compared, of the others the fullest."""
    warm = seen[int(len(seen) * WARM_UP_SHARE):]
    part = max(1, len(warm) // 3)
    first, last = warm[:part], warm[-part:]
    grown = min(s[0] for s in last) - min(s[0] for s in first)
    more = [max(s[i] for s in warm) - max(s[i] for s in first) for i in (1, 2)]
    print(f"memory {min(s[0] for s in first) / 1e6:.2f} MB, then {min(s[0] for s in last) / 1e6:.2f}"
          f" MB; descriptors {min(s[1] for s in first)} to {max(s[1] for s in warm)}; "
          f"threads {min(s[2] for s in first)} to {max(s[2] for s in warm)}")
    wrong = []
    if grown > memory_growth_max:
        wrong.append(f"memory grew by {grown} bytes")
    if more[0] > MORE_DESCRIPTORS:
        wrong.append("descriptors are not constant")
    if more[1] > MORE_THREADS:
        wrong.append("threads are not constant")
    return wrong


def start(sandbox):
    from pillion_process import Pillion, toml
    from postgres_server import PostgresServer
    from redis_server import RedisServer
    servers = {"postgres": PostgresServer(sandbox, PASSWORD),
               "redis": RedisServer(sandbox, PASSWORD)}
    config = "".join(f"""
[exporters.{database}]
type = "{database}"
{place}
password = "{PASSWORD}"
timeout = "3s"
prefetch = true
""" for database, place in (("postgres", f"dsn = {toml(servers['postgres'].dsn)}"),
                             ("redis", f"address = {toml(servers['redis'].tcp_address)}")))
    return servers, Pillion(sandbox, config)


def both_up(pillion):
    page = pillion.page()
    return all(page.value(name) == 1 for name in ("pg_up", "redis_up"))


def soak(sandbox, minutes, seed, headroom, memory_growth_max):
    """What was wrong."""
    servers, pillion = start(sandbox)
    stop, calm = threading.Event(), threading.Event()
    headers = {"X-Prometheus-Scrape-Timeout-Seconds": str(TIMEOUT_SECONDS)}
    limit = TIMEOUT_SECONDS * headroom
    wait_until("both are up", lambda: both_up(pillion))
    calm_descriptors, calm_threads = pillion.descriptors(), pillion.threads()
    scrapers = [Scraper(pillion, stop, "/metrics", 1.0, headers, limit),
                Scraper(pillion, stop, "/metrics", 0.7, {**headers, "Accept-Encoding": "gzip"}, limit),
                Scraper(pillion, stop, "/-/healthy", 0.5, {}, limit)]
    strikers = [Striker(database, server, calm, stop, seed) for database, server in servers.items()]
    for thread in scrapers + strikers:
        thread.start()
    wrong = judge(watch(pillion, minutes * 60), memory_growth_max)
    calm.set()
    for striker in strikers:
        striker.done.wait(300)
        print(f"struck {dict(sorted(striker.count.items()))}")
    wait_until("both are up", lambda: both_up(pillion))
    stop.set()
    for scraper in scrapers:
        scraper.join()
        print(f"{scraper.answers} answers, the slowest after {scraper.slowest:.3f} s")
    wait_until(f"there are {calm_descriptors} descriptors and {calm_threads} threads again",
               lambda: pillion.descriptors() <= calm_descriptors
               and pillion.threads() <= calm_threads)
    wrong += [text for thread in scrapers + strikers for text in thread.wrong[:10]]
    wrong += [line for line in pillion.process.log_text().splitlines()
              if "invalid exposition" in line or PASSWORD in line][:5]
    if pillion.stop(15) != 0:
        wrong.append("it did not end well:\n" + pillion.process.log_tail())
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--build", type=Path, default=_HERE.parent.parent / "build/release")
    parser.add_argument("--headroom", type=float, default=1.0,
                        help="an answer may take so many times the scrape's time-out")
    arguments = parser.parse_args()
    os.environ.setdefault("PILLION_TEST_BINARY", str(arguments.build / "bin/pillion"))
    sanitized = os.environ.get("PILLION_TEST_SANITIZE", "") != ""
    release = os.environ.get("PILLION_TEST_BUILD_TYPE", "Release").startswith("Rel")
    growth = MEMORY_GROWTH_MAX if release else MEMORY_GROWTH_MAX_DEBUG
    print(f"seed {arguments.seed}", flush=True)
    sandbox = Sandbox()
    try:
        wrong = soak(sandbox, arguments.minutes, arguments.seed, arguments.headroom,
                     growth if not sanitized else 1 << 40)
    except unittest.SkipTest as reason:
        print(f"\nSKIPPED: {reason}")
        return 77
    finally:
        sandbox.close()
    for text in wrong:
        print(f"WRONG: {text}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
