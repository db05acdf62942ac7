"""What scrapes cost the databases, and what the sidecar maps. Memory: memory_test.py."""
import re
import threading
import time

import server_test
from both_databases import BothDatabases
from pillion_process import Pillion
from redis_server import RedisServer
from sandbox import HANG_SECONDS, wait_until

SCRAPES = 10
STORM = 200
UNUSED_AT_ONCE = 8  # prefetches that nobody came for
IDLE_SECONDS = 10
IDLE_WAKE_UPS_MAX = 0.5  # per second; beats of the loops and civetweb made it 3.5
# Libraries that a sidecar without PostgreSQL and without TLS has no use for.
NOT_FOR_REDIS = re.compile(r"libpq|libpqxx|libssl|libcrypto|libgnutls|libkrb5|libldap|postgres\.so")


class Cost(BothDatabases):
    postgres_settings = {"log_statement": "all", "log_connections": "on"}

    def statements(self):
        """How many statements the sidecar has sent to PostgreSQL so far."""
        lines = self.postgres.process.log_text().splitlines()
        return sum(" pillion LOG:  execute " in line or " pillion LOG:  statement: " in line
                   for line in lines)

    def check_one_connection(self):
        """There is one to each database, and there never was another."""
        self.assertEqual(len(self.postgres.sessions_of_pillion()), 1)
        self.assertEqual(self.postgres.process.log_text().count("authorized: user=monitor"), 1)
        self.assertEqual(len(self.redis.sessions_of_pillion()), 1)
        self.assertEqual(self.redis.connections(), 1)

    def check_polls(self, pillion, count):
        """The sidecar's own count."""
        for instance in ("orders_db", "cache"):
            wait_until(f"{count} polls of {instance}", lambda: pillion.counter(
                "pillion_poll_duration_seconds_count", instance_name=instance) == count, seconds=20)

    def test_idle_wake_ups(self):
        """Between scrapes it sleeps, as long as nobody has looked at the status page."""
        self.start_databases()
        pillion = self.start_pillion(freshness="0s")
        self.assert_up(pillion.page())
        time.sleep(2)  # what follows a scrape
        before = pillion.wake_ups()
        time.sleep(IDLE_SECONDS)
        self.assertLessEqual(pillion.wake_ups() - before, IDLE_SECONDS * IDLE_WAKE_UPS_MAX)

    def test_one_poll_per_scrape(self):
        """Spaced scrapes: each is one poll, on the connections that are there."""
        self.start_databases()
        pillion = self.start_pillion(freshness="0s")
        for _ in range(3):  # the first polls of a session say more
            self.assert_up(pillion.page())
        statements = self.statements()
        for _ in range(2):
            self.assert_up(pillion.page())
        per_poll = (self.statements() - statements) // 2
        self.assertGreater(per_poll, 0)
        statements, info = self.statements(), self.redis.polls()
        for _ in range(SCRAPES):
            self.assert_up(pillion.page())
        self.assertEqual(self.statements() - statements, SCRAPES * per_poll)
        self.assertEqual(self.redis.polls() - info, SCRAPES)
        self.check_one_connection()
        self.check_polls(pillion, 5 + SCRAPES)
        print(f"{per_poll} statements a poll")

    def test_storm(self):
        """Many scrapes at once that find nothing fresh: one poll, which all of them await."""
        self.start_databases()
        pillion = self.start_pillion(freshness="1h")
        answers = self.storm(pillion)
        self.assertEqual({answer.status for answer in answers}, {200})
        self.assertEqual(self.redis.polls(), 1)
        statements = self.statements()
        self.assertGreater(statements, 0)
        for answer in self.storm(pillion):
            self.assertEqual(answer.status, 200)
        self.assertEqual(self.statements(), statements, "the second storm cost statements")
        self.assertEqual(self.redis.polls(), 1)
        self.check_one_connection()
        self.check_polls(pillion, 1)
        print(f"{len({answer.body for answer in answers})} different bodies for {STORM} scrapes")

    @staticmethod
    def storm(pillion):
        answers = []
        start = threading.Barrier(STORM)

        def scrape():
            start.wait()
            answers.append(pillion.get())
        threads = [threading.Thread(target=scrape) for _ in range(STORM)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if len(answers) != STORM:
            raise AssertionError(f"{len(answers)} answers to {STORM} scrapes")
        return answers

    def test_prefetch(self):
        """Regular scrapes are polled for ahead, and it costs no more polls than scrapes."""
        redis = RedisServer(self.sandbox)
        pillion = Pillion(self.sandbox, f"""
[exporters.cache]
type = "redis"
address = "{redis.tcp_address}"
freshness = "100ms"
prefetch = true
""")

        def count(name):
            return pillion.counter(name, instance_name="cache")
        scrapes, due = 0, time.monotonic()
        end = due + HANG_SECONDS
        while count("pillion_poll_prefetched_total") < 5:
            self.assertLess(time.monotonic(), end, "nothing was prefetched")
            self.assertEqual(pillion.page("/metrics/cache").value("redis_up"), 1)
            scrapes += 1
            due = max(due + 0.7, time.monotonic())
            time.sleep(max(0, due - time.monotonic()))
        self.assertLessEqual(count("pillion_poll_duration_seconds_count"),
                             scrapes + UNUSED_AT_ONCE)

    def test_libraries_of_redis_alone(self):
        redis = RedisServer(self.sandbox)
        pillion = Pillion(self.sandbox, f"""
[exporters.cache]
type = "redis"
address = "{redis.tcp_address}"
""")
        self.assertEqual(pillion.page().value("redis_up"), 1)
        self.assertEqual(
            [name for name in pillion.mapped_files() if NOT_FOR_REDIS.search(name)], [])


if __name__ == "__main__":
    server_test.main()
