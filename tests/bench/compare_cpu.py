"""Run by `compare.sh cpu`. See there."""
import argparse
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))

from pillion_process import Pillion, toml  # noqa: E402
from sandbox import Sandbox  # noqa: E402

import compare  # noqa: E402

_ROUNDS = 5
_GZIP = {"Accept-Encoding": "gzip"}


def config(kind, postgres, redis, more=""):
    if kind == "postgres":
        dsn = compare.dsn(postgres, "ours").replace("password=compare ", "")
        return (f'[exporters.postgres]\ntype = "postgres"\ndsn = {toml(dsn)}\n'
                f'password = "compare"\n{more}\n')
    return (f'[exporters.redis]\ntype = "redis"\n'
            f'address = {toml(f"{redis.host}:{redis.port}")}\n{more}\n')


def ours(sandbox, kind, postgres, redis, more=""):
    name = f"pillion_{kind}_{'polls' if more else 'usual'}"
    pillion = Pillion(sandbox, config(kind, postgres, redis, more), name=name)
    return compare.Side(name, [pillion.process], [pillion.address])


def in_a_loop(sides, scrapes):
    """Milliseconds per scrape, one after the other: the median of rounds, in turn."""
    rounds = {side.name: [] for side in sides}
    for _ in range(_ROUNDS):
        for side in sides:
            for _ in range(5):
                side.scrape(_GZIP)
            before = side.cpu_seconds()
            for _ in range(scrapes):
                side.scrape(_GZIP)
            rounds[side.name].append((side.cpu_seconds() - before) / scrapes * 1000)
    return [statistics.median(rounds[side.name]) for side in sides]


def at_a_pace(sides, scrapes, seconds):
    """Milliseconds per scrape, of the whole time."""
    for side in sides:
        side.scrape(_GZIP)
    time.sleep(min(seconds, 2))
    before = [side.cpu_seconds() for side in sides]
    next_one = time.monotonic()
    for i in range(scrapes):
        for side in sides:
            side.scrape(_GZIP)
            next_one += seconds / len(sides)
            time.sleep(max(0.0, next_one - time.monotonic()))
        print(f"\revery {seconds} s: {i + 1} of {scrapes}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return [(side.cpu_seconds() - b) / scrapes * 1000 for side, b in zip(sides, before)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scrapes", type=int, default=200)
    arguments = parser.parse_args()
    sandbox = Sandbox()
    try:
        postgres, redis = compare.start_servers(sandbox)
        both = compare.start_peers(sandbox, postgres, redis)
        peers = [compare.Side(process.name, [process], [address])
                 for process, address in zip(both.processes, both.addresses)]
        kinds = ("postgres", "redis")
        polls = [ours(sandbox, kind, postgres, redis, 'freshness = "0s"\nprefetch = false')
                 for kind in kinds]
        usual = [ours(sandbox, kind, postgres, redis) for kind in kinds]
        rows = [("one after the other, each polls", in_a_loop(peers + polls, arguments.scrapes))]
        for seconds, scrapes in ((1.3, arguments.scrapes // 4), (15, arguments.scrapes // 16)):
            rows.append((f"every {seconds} s", at_a_pace(peers + usual, max(scrapes, 1), seconds)))
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
