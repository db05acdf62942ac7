"""Run by `compare.sh memcached`. See there."""
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))

from memcached_server import MemcachedServer  # noqa: E402
import http_get  # noqa: E402
from pillion_process import Pillion, toml  # noqa: E402
from sandbox import Sandbox, wait_until  # noqa: E402

import compare  # noqa: E402
import differences  # noqa: E402
from measured import quantile  # noqa: E402

_PEER = os.environ.get("PILLION_MEMCACHED_EXPORTER", "memcached_exporter")


def fill(server):
    """Items in some dozen slab classes, and each command with each of its ends."""
    lines = [f"set key:{i} 0 0 {size}\n{'x' * size}"
             for i, size in enumerate([1, 50, 150, 400, 900, 2000, 5000, 12000, 30000] * 40)]
    lines += ["get key:0", "get none", "delete key:1", "delete none", "touch key:2 500",
              "touch none 500", "set n 0 0 1\n5", "incr n 1", "incr none 1", "decr n 1",
              "decr none 1", "cas key:3 0 0 1 999999\nx", "cas none 0 0 1 1\nx",
              "add key:3 0 0 1\ny", "flush_all 100000"]
    server.run(*lines)


def start_peer(sandbox, server):
    """Debian has no package of it."""
    address = f"{sandbox.host}:{sandbox.port()}"
    try:
        process = sandbox.start("memcached_exporter",
                                [_PEER, f"--web.listen-address={address}",
                                 f"--memcached.address={server.address}"], env={})
    except FileNotFoundError:
        print("SKIPPED: there is no memcached_exporter, and Debian has no package of it; "
              "PILLION_MEMCACHED_EXPORTER may name one")
        sys.exit(77)
    wait_until("the peer answers", lambda: http_get.answers(address), alive=[process])
    return compare.Side("memcached_exporter", [process], [address])


def start_ours(sandbox, server):
    config = f'[exporters.memcached]\ntype = "memcached"\naddress = {toml(server.address)}\n'
    pillion = Pillion(sandbox, config)
    return compare.Side("pillion", [pillion.process], [pillion.address])


def types_that_differ(peer, mine):
    return [f"{name}: {family.type} there, {mine.families[name].type} here"
            for name, family in sorted(peer.families.items())
            if name.startswith("memcached_") and name in mine.families
            and family.type != mine.families[name].type]


def connections(server, side, scrapes=10):
    """New ones per scrape, as the server counts them."""
    def opened():
        return side.page(0).value("memcached_connections_total")
    before = opened()
    for _ in range(scrapes):
        time.sleep(compare.SPACING_SECONDS)
        after = opened()
    return (after - before) / scrapes


def print_costs(server, peer, ours):
    def row(title, left, right, show):
        ratio = f"{right / left:.2f}" if left else "-"
        print(f"| {title} | {show(left)} | {show(right)} | {ratio} |")
    print(f"\n### Cost\n\n| | {peer.name} | {ours.name} | ratio |\n| --- | --- | --- | --- |")
    row("CPU per scrape, gzip", peer.cpu["gzip"], ours.cpu["gzip"], compare.ms)
    for q in (0.5, 0.99):
        row(f"latency p{q * 100:.0f}, gzip", quantile(peer.latencies["gzip"], q),
            quantile(ours.latencies["gzip"], q), compare.ms)
    row("resident memory", peer.memory()["rss"], ours.memory()["rss"], compare.mb)
    row("new connections per scrape", connections(server, peer), connections(server, ours),
        lambda v: f"{v:.1f}")


def main():
    scrapes = compare.scrapes_asked(50)
    sandbox = Sandbox()
    try:
        server = MemcachedServer(sandbox)
        fill(server)
        peer, ours = start_peer(sandbox, server), start_ours(sandbox, server)
        ours.scrape({})
        time.sleep(compare.SPACING_SECONDS)  # or ours would be the page of the last scrape
        before, mine, after = peer.page(0), ours.page(0), peer.page(0)
        unexplained = compare.print_differences("Beside memcached_exporter",
                                                differences.compare(before, mine, after))
        types = types_that_differ(before, mine)
        names = before.names("memcached_")
        print(f"{len(types)} types of the peer's {len(names)} families differ" + "".join(f"\n- {line}" for line in types))
        compare.measure([peer, ours], "gzip", compare.GZIP, scrapes)
        print_costs(server, peer, ours)
        return 1 if unexplained or types else 0
    finally:
        sandbox.close()


if __name__ == "__main__":
    sys.exit(main())
