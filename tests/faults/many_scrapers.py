"""Five hundred scrapers that wait for a hung target at once hold no thread of the sidecar."""
import resource
import select

import server_test
from http_get import connect
from target_faults import Side, TargetFaults
from sandbox import HANG_SECONDS

SCRAPERS = 500
TIMEOUT_SECONDS = 20  # of the scrapers: longer than everything else here takes
QUICK_SECONDS_MAX = 5  # of which some milliseconds are needed


class ManyScrapers(TargetFaults, server_test.ServerTest):
    def choose(self, postgres: Side, redis: Side):
        return postgres, redis

    def setUp(self):
        super().setUp()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))

    def test_wait_for_a_hung_target(self):
        self.start_well(poll_timeout=f"{TIMEOUT_SECONDS}s")
        threads = self.pillion.threads()
        self.hurt.server.freeze()
        self.next_poll()
        waiting = [connect(self.pillion.address) for _ in range(SCRAPERS)]
        for s in waiting:
            self.addCleanup(s.close)
            s.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                      b"X-Prometheus-Scrape-Timeout-Seconds: %d\r\n\r\n" % TIMEOUT_SECONDS)
        worst = 0
        for _ in range(20):
            for path in ("/-/healthy", f"/metrics/{self.other.instance}"):
                answer = self.pillion.get(path)
                self.assertEqual(answer.status, 200)
                worst = max(worst, answer.seconds)
        print(f"others were answered in {worst * 1e3:.1f} ms at most")
        self.assertLess(worst, QUICK_SECONDS_MAX)
        poll = select.poll()
        for s in waiting:
            poll.register(s, select.POLLIN)
        self.assertEqual(poll.poll(0), [], "all still wait")
        self.assertLessEqual(self.pillion.threads(), threads + 1)
        self.check_one_connection()
        self.hurt.server.thaw()
        for s in waiting:
            s.settimeout(HANG_SECONDS)
            self.assertTrue(s.recv(65536).startswith(b"HTTP/1.1 200"))
        self.check_one_connection()
        self.check_recovery()
        self.assertEqual(self.pillion.stop(15), 0)


if __name__ == "__main__":
    server_test.main()
