"""Records when real Prometheus servers scrape: one TSV file per kind of server, all side by side.

    python3 -B tests/bench/freshness/record.py [--minutes 18] [--into DIRECTORY]

A recording holds what a scraped process can see: when a request was there, on which connection it
came, and what its headers ask for. Times are microseconds of the monotonic clock since the first
arrival of the recording.
"""
import argparse
import random
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))

from sandbox import Sandbox, executable, unprivileged_user  # noqa: E402

_HEADERS = ("Accept", "Accept-Encoding", "X-Prometheus-Scrape-Timeout-Seconds")
_PAGE = b"# HELP recorder_up That it answers.\n# TYPE recorder_up gauge\nrecorder_up 1\n"
_RESTART_EVERY_SECONDS = 240  # of which it is away between one and two minutes
_CHANGES = ("5s", "15s", "10s", "5s")  # what the intervals of the changed server become, in turn


class Recorder:
    """Listens and remembers. Threads: one for each connection; all() may be called any time."""

    def __init__(self, host):
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def parse_request(self):
                self.arrived = time.monotonic_ns() // 1000  # its first line has just been read
                return super().parse_request()

            def do_GET(self):
                recorder.add(self)
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(_PAGE)))
                self.end_headers()
                self.wfile.write(_PAGE)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer((host, 0), Handler)
        self._server.daemon_threads = True
        self.address = "%s:%d" % self._server.server_address
        self._lock = threading.Lock()
        self._arrivals = {}  # name -> [(microseconds, port of the client, headers)]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def add(self, request):
        headers = tuple(request.headers.get(name, "") for name in _HEADERS)
        with self._lock:
            self._arrivals.setdefault(request.path.lstrip("/"), []).append(
                (request.arrived, request.client_address[1], headers))

    def all(self):
        with self._lock:
            return {name: sorted(arrivals) for name, arrivals in self._arrivals.items()}


class Prometheus:
    """A server that keeps its port and its data over restarts."""

    def __init__(self, sandbox, name, target):
        self._user = unprivileged_user()
        self._sandbox, self._name, self._target = sandbox, name, target
        self._home = sandbox.own_dir(name, self._user)
        self._port = sandbox.port()
        self._process = None

    def configure(self, jobs):
        """`jobs`: path -> interval."""
        config = self._home / "prometheus.yml"
        config.write_text(f"global:\n  external_labels: {{replica: {self._name}}}\n"
                          "scrape_configs:\n" + "".join(f"""
- job_name: {path}
  metrics_path: /{path}
  scrape_interval: {interval}
  scrape_timeout: {min(interval, '10s', key=lambda s: int(s[:-1]))}
  static_configs: [{{targets: ["{self._target}"]}}]
""" for path, interval in jobs.items()))
        config.chmod(0o644)
        if self._process is not None:
            self._process.signal(signal.SIGHUP)
        return self

    def start(self):
        self._process = self._sandbox.start(self._name, [
            executable("prometheus", "prometheus"), "--config.file=prometheus.yml",
            "--storage.tsdb.path=data", f"--web.listen-address={self._sandbox.host}:{self._port}",
            "--log.level=warn"], cwd=self._home, user=self._user)
        return self

    def stop(self):
        self._process.signal(signal.SIGTERM)
        self._process.wait()
        self._process = None


def write(file, arrivals):
    start = arrivals[0][0]
    connections, kinds = {}, {}
    for _, port, headers in arrivals:
        connections.setdefault(port, len(connections))
        kinds.setdefault(headers, len(kinds))
    with open(file, "w") as out:
        for headers, number in kinds.items():
            out.write("\t".join([f"#{number}", *headers]) + "\n")
        for when, port, headers in arrivals:
            out.write(f"{when - start}\t{connections[port]}\t{kinds[headers]}\n")


def record(sandbox, minutes):
    recorder = Recorder(sandbox.host)

    def server(name, jobs):
        return Prometheus(sandbox, name, recorder.address).configure(jobs).start()
    server("single", {"single_1s": "1s", "single_5s": "5s", "single_15s": "15s"})
    for name in ("a", "b"):
        server(name, {"pair_5s": "5s", "pair_15s": "15s"})
    restarted = server("restarted", {"restarted_5s": "5s", "restarted_15s": "15s"})
    changed = server("changed", {"changed": _CHANGES[0]})
    end = time.monotonic() + 60 * minutes
    events = [(time.monotonic() + 60 * minutes * i / len(_CHANGES),
               lambda interval=interval: changed.configure({"changed": interval}))
              for i, interval in enumerate(_CHANGES) if i > 0]
    stop = time.monotonic() + _RESTART_EVERY_SECONDS / 2
    while stop < end:
        back = stop + random.uniform(60, 120)
        events += [(stop, restarted.stop), (back, restarted.start)]
        stop += _RESTART_EVERY_SECONDS
    for when, event in sorted(events, key=lambda e: e[0]):
        if when < end:
            time.sleep(max(0.0, when - time.monotonic()))
            event()
    time.sleep(max(0.0, end - time.monotonic()))
    return recorder.all()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=18)
    parser.add_argument("--into", type=Path, default=Path(__file__).parent / "recordings")
    arguments = parser.parse_args()
    arguments.into.mkdir(exist_ok=True)
    sandbox = Sandbox()
    try:
        arrivals = record(sandbox, arguments.minutes)
    finally:
        sandbox.close()
    for name, of_one in arrivals.items():
        write(arguments.into / f"{name}.tsv", of_one)
        print(f"{name}: {len(of_one)} arrivals")


if __name__ == "__main__":
    main()
