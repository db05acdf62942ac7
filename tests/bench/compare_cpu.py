"""Run by `compare.sh cpu`. See there."""
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))

from pillion_process import Pillion  # noqa: E402
from sandbox import Sandbox  # noqa: E402

import compare  # noqa: E402

_ROUNDS = 5
_WARM_UP = 5  # scrapes before each round


class Ours(compare.Side):
    """Pillion with one exporter. `what`: of its configuration."""

    def __init__(self, sandbox, kind, table, what):
        name = f"pillion_{kind}_{what}"
        self.kind, self.pillion = kind, Pillion(sandbox, table, name=name)
        super().__init__(name, [self.pillion.process], [self.pillion.address])

    def polls(self):
        return self.pillion.counter("pillion_poll_duration_seconds_count", instance_name=self.kind)


def ours(sandbox, postgres, redis, what, more=""):
    return [Ours(sandbox, "postgres", compare.postgres_table(postgres, more), what),
            Ours(sandbox, "redis", compare.redis_table(redis, more), what)]


def in_a_loop(sides, scrapes):
    """Milliseconds per scrape, one after the other: the median of rounds, in turn."""
    rounds = {side.name: [] for side in sides}
    for _ in range(_ROUNDS):
        for side in sides:
            for _ in range(_WARM_UP):
                side.scrape(compare.GZIP)
            before = side.cpu_seconds()
            for _ in range(scrapes):
                side.scrape(compare.GZIP)
            rounds[side.name].append((side.cpu_seconds() - before) / scrapes * 1000)
    return [statistics.median(rounds[side.name]) for side in sides]


def at_a_pace(sides, scrapes, seconds):
    """Milliseconds per scrape, of the whole time."""
    for side in sides:
        side.scrape(compare.GZIP)
    time.sleep(min(seconds, 2))
    before = [side.cpu_seconds() for side in sides]
    next_one = time.monotonic()
    for i in range(scrapes):
        for side in sides:
            side.scrape(compare.GZIP)
            next_one += seconds / len(sides)
            time.sleep(max(0.0, next_one - time.monotonic()))
        print(f"\revery {seconds} s: {i + 1} of {scrapes}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return [(side.cpu_seconds() - b) / scrapes * 1000 for side, b in zip(sides, before)]


def main():
    scrapes = compare.scrapes_asked(200)
    sandbox = Sandbox()
    try:
        postgres, redis = compare.start_servers(sandbox)
        both = compare.start_peers(sandbox, postgres, redis)
        peers = [compare.Side(process.name, [process], [address])
                 for process, address in zip(both.processes, both.addresses)]
        polling = ours(sandbox, postgres, redis, "polling", 'freshness = "0s"\nprefetch = false')
        begun = [side.polls() for side in polling]
        rows = [("one after the other, each polls", in_a_loop(peers + polling, scrapes))]
        polled = [side.polls() - b for side, b in zip(polling, begun)]
        assert polled == [_ROUNDS * (_WARM_UP + scrapes)] * 2, polled
        for seconds, count in ((1.3, scrapes // 4), (15, scrapes // 16)):
            # Sidecars of their own: those of the row before expect scrapers at its pace.
            usual = ours(sandbox, postgres, redis, f"every_{seconds}_s")
            rows.append((f"every {seconds} s", at_a_pace(peers + usual, max(count, 1), seconds)))
            for side in usual:
                side.pillion.stop(15)
        print("\n### CPU per scrape, gzip, each exporter by itself\n")
        print("| | " + " | ".join(f"{p.name} | pillion | ratio" for p in peers) + " |")
        print("| --- " * 7 + "|")
        for title, costs in rows:
            cells = [f"{costs[i]:.2f} ms | {costs[i + 2]:.2f} ms | {costs[i + 2] / costs[i]:.2f}"
                     for i in range(2)]
            print(f"| {title} | " + " | ".join(cells) + " |")
        return 0
    finally:
        sandbox.close()


if __name__ == "__main__":
    sys.exit(main())
