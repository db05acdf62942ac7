"""Run by exposition.sh. See there."""
import os
import re
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))

import http_get  # noqa: E402
from pillion_process import Pillion, toml  # noqa: E402
from postgres_server import PostgresServer  # noqa: E402
from redis_server import RedisServer  # noqa: E402
from sandbox import Sandbox, executable, unprivileged_user, wait_until  # noqa: E402

from measured import quantile  # noqa: E402

_DIR = Path(os.environ["PILLION_BENCH_DIR"])
_SAMPLES = [1_000, 10_000, 100_000, 1_000_000]
_PASSWORD = "bench"
_ROUNDS = 5  # of each side, in turn
_MIB = 1 << 20


def table(heads, rows):
    print("\n| " + " | ".join(heads) + " |")
    print("|" + " --- |" * len(heads))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")


def stages(_sandbox):
    """Time and memory of each stage at four sizes."""
    lines = subprocess.run([_DIR / "exposition_stages", *map(str, _SAMPLES)], check=True,
                           capture_output=True, text=True).stdout.splitlines()
    values, units = {}, {}
    for line in lines:
        samples, stage, value, unit = line.split("\t")
        values.setdefault(stage, {})[int(samples)] = float(value)
        units[stage] = unit
    table(["stage", *(f"{s:,} samples" for s in _SAMPLES), "unit"],
          [[stage, *(f"{of[s]:,.1f}" if s in of else "-" for s in _SAMPLES), units[stage]]
           for stage, of in values.items()])
    theirs = values["prometheus-cpp, families to text"]
    ratios = [theirs[s] / (values["sink to fragment"][s] + values["fragment to text"][s])
              for s in _SAMPLES]
    print("\nprometheus-cpp from families to text takes "
          + ", ".join(f"{r:.1f}" for r in ratios)
          + " times what the sink, the fragment and the text take here together.")


def bulk_pillion(sandbox, series, freshness, name="pillion"):
    return Pillion(sandbox, f"""
self = "off"
plugin_dirs = [{toml(_DIR / "modules")}]
[exporters.bulk]
series = {series}
freshness = "{freshness}"
""", name=name)


class Nginx:
    """Static files as fast as it can: one worker, no access log. Address: of the running server."""

    def __init__(self, sandbox):
        user = unprivileged_user()
        self._root = sandbox.own_dir("www", user)
        self.address = f"{sandbox.host}:{sandbox.port()}"
        work = sandbox.own_dir("nginx", user)
        temps = " ".join(f"{kind}_temp_path {work};"
                         for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        config = work / "nginx.conf"
        config.write_text(f"""
worker_processes 1; daemon off; pid {work}/pid; error_log stderr error;
events {{ worker_connections 256; }}
http {{ {temps} access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000;
  default_type text/plain; server {{ listen {self.address}; root {self._root}; }} }}
""")
        config.chmod(0o644)
        process = sandbox.start("nginx", [executable("nginx", "nginx-light"), "-c", config,
                                          "-p", work], user=user, cwd=work)
        self.serve("ready", b"")
        wait_until("nginx answers", self._answers, alive=[process])

    def serve(self, name, content):
        """The path that this content has from now on."""
        file = self._root / name
        file.write_bytes(content)
        file.chmod(0o644)
        return f"/{name}"

    def _answers(self):
        try:
            return http_get.get(self.address, "/ready").status == 200
        except OSError:
            return False


def wrk(address, path, connections, seconds=2):
    """Requests per second; every answer must have been a good one."""
    out = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s",
                          f"http://{address}{path}"], check=True, capture_output=True, text=True)
    if "Non-2xx" in out.stdout or "Socket errors" in out.stdout:
        raise AssertionError(out.stdout)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out.stdout).group(1))


def in_turn(ours, theirs):
    """The best rate of each side; the sides in turn, so that what disturbs one disturbs both."""
    best = [0.0, 0.0]
    for _ in range(_ROUNDS):
        best = [max(best[0], ours()), max(best[1], theirs())]
    return best


def static(sandbox):
    """An unchanged page beside a static file."""
    nginx = Nginx(sandbox)
    rows = []
    for series in (220, 210_000):
        pillion = bulk_pillion(sandbox, series, "1h", name=f"pillion-{series}")
        body = http_get.get(pillion.address, "/metrics").body
        path = nginx.serve("page", body)
        ours, theirs = in_turn(lambda p=pillion: wrk(p.address, "/metrics", 1),
                               lambda p=path: wrk(nginx.address, p, 1))
        rows.append([f"{len(body):,}", f"{1e6 / theirs:,.0f} us", f"{1e6 / ours:,.0f} us",
                     f"{theirs / ours:.2f}"])
        pillion.process.kill()
    table(["bytes", "nginx, a static file", "pillion, an unchanged page", "ratio"], rows)


def storm(sandbox):
    """Eight connections that ask for the databases' page as fast as they can."""
    postgres = PostgresServer(sandbox, _PASSWORD, {"shared_preload_libraries":
                                                   "pg_stat_statements"})
    postgres.sql("CREATE EXTENSION pg_stat_statements")
    redis = RedisServer(sandbox)
    pillion = Pillion(sandbox, f"""
[exporters.orders_db]
type = "postgres"
dsn = {toml(postgres.dsn)}
password = {toml(_PASSWORD)}
freshness = "1h"
[exporters.cache]
type = "redis"
address = {toml(redis.tcp_address)}
freshness = "1h"
""", name="pillion-storm")
    for _ in range(3):
        body = http_get.get(pillion.address, "/metrics").body
    nginx = Nginx(sandbox)
    path = nginx.serve("page", body)
    asked = [statements(postgres), redis.polls()]
    ours, theirs = in_turn(lambda: wrk(pillion.address, "/metrics", 8),
                           lambda: wrk(nginx.address, path, 8))
    extra = [statements(postgres) - asked[0], redis.polls() - asked[1]]
    table(["bytes", "nginx, requests/s", "pillion, requests/s", "ratio", "statements to PostgreSQL",
           "polls of Redis"],
          [[f"{len(body):,}", f"{theirs:,.0f}", f"{ours:,.0f}", f"{ours / theirs:.2f}", *extra]])


def statements(postgres):
    return int(postgres.sql("SELECT coalesce(sum(calls), 0) FROM pg_stat_statements s JOIN pg_roles"
                            " r ON r.oid = s.userid WHERE r.rolname = 'monitor'"))


def slow_reader(address, stop):
    """Takes a little now and then; starts anew when it is closed."""
    host, port = address.rsplit(":", 1)
    while not stop.is_set():
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            s.connect((host, int(port)))
            s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            try:
                while not stop.is_set() and s.recv(1024):
                    stop.wait(0.05)
            except OSError:
                pass


def readers(sandbox):
    """Eight slow readers of 30 MB while each second brings a new page."""
    pillion = bulk_pillion(sandbox, 210_000, "1s", name="pillion-readers")
    http_get.get(pillion.address, "/metrics")
    http_get.get(pillion.address, "/metrics")
    alone = pillion.memory("VmHWM")
    stop = threading.Event()
    threads = []
    latencies = []
    for second in range(25):
        if second < 8:
            threads.append(threading.Thread(target=slow_reader, args=(pillion.address, stop)))
            threads[-1].start()
        began = time.monotonic()
        answer = http_get.get(pillion.address, "/metrics")
        assert answer.status == 200
        latencies.append(time.monotonic() - began)
        time.sleep(max(0.0, 1.05 - latencies[-1]))
    peak = pillion.memory("VmHWM")
    stop.set()
    for thread in threads:
        thread.join()
    table(["page", "peak memory, one reader", "peak memory, eight slow readers beside",
           "slowest scrape of the fast one", "median"],
          [[f"{len(answer.body) / _MIB:.0f} MiB", f"{alone / _MIB:.0f} MiB",
            f"{peak / _MIB:.0f} MiB", f"{max(latencies):.2f} s",
            f"{quantile(latencies, 0.5):.2f} s"]])


def main():
    parts = {"stages": stages, "static": static, "storm": storm, "readers": readers}
    for name in sys.argv[1:] or parts:
        sandbox = Sandbox()
        try:
            parts[name](sandbox)
        finally:
            sandbox.close()


if __name__ == "__main__":
    main()
