"""Each fault of faults.py, once while nothing goes on and once while a poll is in flight.

each_fault.py CLASS.test_NAME              the test
each_fault.py --list DATABASE              the names of the tests
each_fault.py --rows DATABASE NAME         what is seen of it, as JSON, for table.py
              [--peer]                     of the peer's exporter
"""
import dataclasses
import json
import sys
import unittest

import namespaces
import server_test
from faults import FAULTS
from pillion_process import SANITIZED
from rig import MOMENTS, PASSWORD, SCRAPE_TIMEOUT_SECONDS, Peer, Sidecar, Site
from sandbox import Sandbox

ANSWER_SECONDS_MAX = 10 * SCRAPE_TIMEOUT_SECONDS  # no measurement: the machine may be busy
MEMORY_GROWTH_MAX = 64 << 20
MORE_DESCRIPTORS = 4  # a session's, if there was none when they were counted
MORE_THREADS = 2      # of name look-ups


class EachFault(server_test.ServerTest):
    database = ""

    def run_fault(self, name):
        fault = FAULTS[name]
        if fault.own_namespace:
            namespaces.enter()
        site = Site(self.sandbox, fault, self.database)
        pillion = site.start(Sidecar).pillion
        memory, threads, descriptors = pillion.memory(), pillion.threads(), pillion.descriptors()
        for when in MOMENTS:
            with self.subTest(when):
                row = site.run(name, when)
                print(row)
                self.check(row, fault)
                self.assertEqual(pillion.get("/-/healthy").status, 200)
                self.assertEqual(pillion.get("/-/ready").status, 200)
        peak = pillion.memory("VmHWM")
        print(f"peak memory {peak / 1e6:.1f} MB")
        if not SANITIZED:
            self.assertLess(peak - memory, MEMORY_GROWTH_MAX)
        self.assertLessEqual(pillion.threads(), threads + MORE_THREADS)
        self.assertLessEqual(pillion.descriptors(), descriptors + MORE_DESCRIPTORS)
        for text in (pillion.get("/").text, pillion.get().text, pillion.process.log_text()):
            self.assertNotIn(PASSWORD, text)
        self.assertEqual(pillion.stop(15), 0)

    def check(self, row, fault):
        for answer in row.answers:
            self.assertLess(answer.seconds, ANSWER_SECONDS_MAX)
            self.assertTrue(answer.others, "the other instance is not complete")
            self.assertIn(answer.state, fault.states)
        self.assertLessEqual(set(row.said) - {"up", "late"}, fault.reasons)
        if fault.states == {"down"}:
            self.assertEqual(row.said[-1:], ["up"])
        # At most one for each scrape, and one for a session that broke off meanwhile.
        self.assertLessEqual(row.connections, fault.scrapes + 1)
        # A poll sends what it sends in health, and what one failure made the server skip once more;
        # each session, and the check of one, begin with a few.
        polls = fault.scrapes + row.connections + 1
        self.assertLessEqual(row.statements, polls * 2 * (row.healthy_statements + 4))
        self.assertGreater(row.back, 0, "never up again")
        self.assertLessEqual(row.back, fault.back_scrapes)


def of_database(wanted):
    """A test case with a method for each fault of the database."""
    methods = {f"test_{name}": lambda self, name=name: self.run_fault(name)
               for name, fault in FAULTS.items() if wanted in fault.databases}
    return type(f"each_{wanted}", (EachFault,), {"database": wanted, **methods})


each_postgres, each_redis = of_database("postgres"), of_database("redis")
del EachFault


def rows(database, name, kind):
    fault = FAULTS[name]
    if fault.own_namespace:
        namespaces.enter()
    sandbox = Sandbox()
    try:
        site = Site(sandbox, fault, database)
        site.start(kind)
        return [dataclasses.asdict(site.run(name, when)) for when in MOMENTS]
    finally:
        sandbox.close()


def main():
    if sys.argv[1] == "--list":
        print("\n".join(f"test_{n}" for n, f in FAULTS.items() if sys.argv[2] in f.databases))
    elif sys.argv[1] == "--rows":
        try:
            print(json.dumps(rows(*sys.argv[2:4], Peer if "--peer" in sys.argv else Sidecar)))
        except unittest.SkipTest as reason:
            print(f"SKIPPED: {reason}", file=sys.stderr)
            sys.exit(77)
    else:
        server_test.main()


if __name__ == "__main__":
    main()
