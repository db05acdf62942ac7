"""Run by redis_keys.sh. See there."""
import argparse
import socket
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))

import http_get  # noqa: E402
from page import parse_text  # noqa: E402
from pillion_process import Pillion, toml  # noqa: E402
from redis_server import RedisServer  # noqa: E402
from sandbox import Sandbox, executable, wait_until  # noqa: E402

from measured import cpu_seconds, memory_kb, quantile  # noqa: E402

_SPACING_SECONDS = 1.3  # well beyond freshness, so that each scrape polls
_GZIP = {"Accept-Encoding": "gzip"}
_GROUPS = "^(key):%d%d?%d?%d?$,^(key):%d+$"  # as the peer writes them
_HANG_SECONDS = 300


class Neighbour(threading.Thread):
    """Another client: how long its PINGs take while a side is at work."""

    def __init__(self, redis):
        super().__init__(daemon=True)
        self._address = (redis.host, redis.port)
        self.worst = {}
        self.side = ""

    def run(self):
        with socket.create_connection(self._address) as server:
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while True:
                side, began = self.side, time.monotonic()
                try:
                    server.sendall(b"PING\r\n")
                    if not server.recv(16):
                        return
                except OSError:  # the server has ended
                    return
                took = time.monotonic() - began
                self.worst[side] = max(self.worst.get(side, 0.0), took)
                time.sleep(0.002)


def start_peer(sandbox, redis):
    address = f"{sandbox.host}:{sandbox.port()}"
    process = sandbox.start(
        "redis_exporter",
        [executable("prometheus-redis-exporter", "prometheus-redis-exporter"),
         f"-web.listen-address={address}", f"-check-key-groups={_GROUPS}",
         "-connection-timeout=120s", f"-redis.addr=redis://{redis.host}:{redis.port}"], env={})
    wait_until("redis_exporter listens", lambda: http_get.listens(address), alive=[process])
    return process, address


def start_ours(sandbox, redis):
    groups = ", ".join(toml(group) for group in _GROUPS.split(","))
    pillion = Pillion(sandbox, f"""
[exporters.redis]
type = "redis"
address = {toml(f'{redis.host}:{redis.port}')}
check_key_groups = [{groups}]
collectors = {{ key_groups = {{ every = "10s" }} }}
""")
    return pillion.process, pillion.address


def groups_of(text):
    return {dict(labels)["key_group"]: value
            for labels, value in parse_text(text).values("redis_key_group_count").items()}


def measure(name, side, scrapes, redis, neighbour, keys):
    process, address = side
    seen = {}

    def complete():
        seen.update(groups_of(http_get.get(address, "/metrics", seconds=_HANG_SECONDS).text))
        return sum(seen.values()) == keys
    began = time.monotonic()
    wait_until(f"{name} has seen every key", complete, _HANG_SECONDS, alive=[process])
    first = time.monotonic() - began
    neighbour.side = name
    cpu, server = cpu_seconds(process.pid), cpu_seconds(redis.process.pid)
    began, took = time.monotonic(), []
    for _ in range(scrapes):
        at = time.monotonic()
        http_get.get(address, "/metrics", _GZIP, seconds=_HANG_SECONDS)
        took.append(time.monotonic() - at)
        time.sleep(_SPACING_SECONDS)
    neighbour.side = ""
    seconds = time.monotonic() - began
    return {"first complete page": f"{first:.1f} s",
            "scrape p50": f"{quantile(took, 0.5) * 1000:.1f} ms",
            "scrape, longest": f"{max(took) * 1000:.1f} ms",
            "CPU per scrape": f"{(cpu_seconds(process.pid) - cpu) / scrapes * 1000:.1f} ms",
            "CPU of the server": f"{(cpu_seconds(redis.process.pid) - server) / seconds:.2f} cores",
            "longest PING of another client": f"{neighbour.worst[name] * 1000:.1f} ms",
            "resident memory": f"{memory_kb(process.pid)['rss'] / 1024:.1f} MB",
            "groups": str(dict(sorted(seen.items())))}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scrapes", type=int, default=20)
    parser.add_argument("--keys", type=int, default=1_000_000)
    arguments = parser.parse_args()
    sandbox = Sandbox()
    try:
        redis = RedisServer(sandbox, options=["--enable-debug-command", "local"])
        redis.command("DEBUG", "POPULATE", arguments.keys, "key", 50)
        neighbour = Neighbour(redis)
        neighbour.start()
        results = {}
        for name, start in (("redis_exporter", start_peer), ("pillion", start_ours)):
            side = start(sandbox, redis)
            results[name] = measure(name, side, arguments.scrapes, redis, neighbour, arguments.keys)
            side[0].kill()
        print(f"\n### {arguments.keys} keys in groups, {arguments.scrapes} scrapes of each side\n")
        print("| | redis_exporter | pillion |\n| --- | --- | --- |")
        for row, peer in results["redis_exporter"].items():
            print(f"| {row} | {peer} | {results['pillion'][row]} |")
        return 0
    finally:
        sandbox.close()


if __name__ == "__main__":
    sys.exit(main())
