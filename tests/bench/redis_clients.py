"""Run by redis_clients.sh. See there."""
import argparse
import socket
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))

import http_get  # noqa: E402
from pillion_process import Pillion, toml  # noqa: E402
from redis_server import RedisServer  # noqa: E402
from sandbox import Sandbox, executable, wait_until  # noqa: E402

from measured import cpu_seconds, memory_kb  # noqa: E402

_SPACING_SECONDS = 1.3  # well beyond freshness, so that each scrape polls
_GZIP = {"Accept-Encoding": "gzip"}
_NAMES = 40  # of clients


def connect_clients(redis, count):
    clients = []
    for i in range(count):
        client = socket.create_connection((redis.host, redis.port))
        client.sendall(f"CLIENT SETNAME app-{i % _NAMES}\r\n".encode())
        assert client.recv(16) == b"+OK\r\n"
        clients.append(client)
    return clients


def start_peer(sandbox, redis):
    address = f"{sandbox.host}:{sandbox.port()}"
    process = sandbox.start(
        "redis_exporter",
        [executable("prometheus-redis-exporter", "prometheus-redis-exporter"),
         f"-web.listen-address={address}", "-export-client-list",
         f"-redis.addr=redis://{redis.host}:{redis.port}"], env={})
    wait_until("redis_exporter answers", lambda: http_get.answers(address), alive=[process])
    return process, address


def start_ours(sandbox, redis, series):
    pillion = Pillion(sandbox, f"""
[exporters.redis]
type = "redis"
address = {toml(f'{redis.host}:{redis.port}')}
client_series = "{series}"
prefetch = false
collectors = {{ clients = true }}
""")
    return pillion.process, pillion.address


def measure(sides, scrapes):
    """{name: (CPU seconds per scrape, bytes, series)}, the sides in turn."""
    cpu = dict.fromkeys(sides, 0.0)
    last = {}
    for _ in range(scrapes):
        for name, (process, address) in sides.items():
            before = cpu_seconds(process.pid)
            last[name] = http_get.get(address, "/metrics", _GZIP)
            time.sleep(_SPACING_SECONDS / len(sides))
            cpu[name] += cpu_seconds(process.pid) - before
    result = {}
    for name, (process, address) in sides.items():
        lines = http_get.get(address, "/metrics").text.splitlines()
        series = sum(1 for line in lines if "client" in line and not line.startswith("#"))
        result[name] = (cpu[name] / scrapes, len(last[name].body), series,
                        memory_kb(process.pid)["rss"])
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scrapes", type=int, default=50)
    parser.add_argument("--clients", type=int, default=2000)
    arguments = parser.parse_args()
    sandbox = Sandbox()
    try:
        redis = RedisServer(sandbox)
        clients = connect_clients(redis, arguments.clients)
        sides = {"redis_exporter": start_peer(sandbox, redis),
                 "pillion, groups": start_ours(sandbox, redis, "groups"),
                 "pillion, each": start_ours(sandbox, redis, "each")}
        for _, address in sides.values():
            assert http_get.get(address, "/metrics", _GZIP).status == 200
        result = measure(sides, arguments.scrapes)
        peer = result["redis_exporter"]
        print(f"\n### {len(clients)} clients, {arguments.scrapes} scrapes of each side (gzip)\n")
        print("| | CPU per scrape | ratio | bytes | series of clients | resident memory |\n"
              "| --- | --- | --- | --- | --- | --- |")
        for name, (cpu, size, series, rss) in result.items():
            print(f"| {name} | {cpu * 1000:.2f} ms | {cpu / peer[0]:.2f} | {size} | {series} "
                  f"| {rss / 1024:.1f} MB |")
        return 0
    finally:
        sandbox.close()


if __name__ == "__main__":
    sys.exit(main())
