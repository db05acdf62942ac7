"""The executable under test, as a running sidecar and as a command."""
import contextlib
import os
import re
import shlex
from pathlib import Path

import http_get
from page import parse_text
from sandbox import wait_until

SANITIZED = os.environ.get("PILLION_TEST_SANITIZE", "") != ""


def binary():
    return os.environ["PILLION_TEST_BINARY"]


def _environment(extra):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PILLION_", "PG"))}
    if SANITIZED:  # what freed memory is kept for reports would look like a leak
        env["ASAN_OPTIONS"] = env.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=4"
    env.update(extra or {})
    return env


def run(sandbox, *arguments, env=None, stdin=""):
    """A command that ends by itself: a CompletedProcess with text, whatever its exit code."""
    return sandbox.run([binary(), *arguments], env=_environment(env), stdin=stdin, check=False)


def toml(text):
    """As a TOML string."""
    return '"' + str(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


class Pillion:
    """`pillion serve` on ports of its own choice."""

    def __init__(self, sandbox, config=None, arguments=(), env=None, name="pillion",
                 listen="127.0.0.1:0", admin="127.0.0.1:0", wrapper=()):
        """Starts it with the configuration text, or with arguments alone, and awaits its ports.

        `listen`, `admin`: None leaves the choice to it. `wrapper`: words before its own.
        """
        self._ports = sandbox.dir / f"{name}.ports"
        self._ports.unlink(missing_ok=True)
        argv = [*wrapper, binary(), "serve", "--port-file", self._ports]
        argv += ["--listen", listen] if listen is not None else []
        argv += ["--admin-listen", admin] if admin is not None else []
        if config is not None:
            file = sandbox.dir / f"{name}.toml"
            file.write_text(config)
            argv += ["--config", file]
        self.process = sandbox.start(name, [*argv, *arguments], env=_environment(env))
        wait_until("pillion has bound its ports", self._ports.exists, alive=[self.process])
        lines = [line.split() for line in self._ports.read_text().splitlines()]
        self.scrape_addresses = [address for kind, address in lines if kind == "scrape"]
        self.admin_address = next((address for kind, address in lines if kind == "admin"), None)

    @property
    def address(self):
        return self.scrape_addresses[0]

    @property
    def pid(self):
        return self.process.pid

    def get(self, path="/metrics", headers=None, **more):
        return http_get.get(self.address, path, headers, **more)

    def page(self, path="/metrics", timeout=None):
        """A scrape that must succeed, parsed; `timeout` as Prometheus tells its own."""
        headers = {"X-Prometheus-Scrape-Timeout-Seconds": str(timeout)} if timeout else {}
        answer = self.get(path, headers)
        if answer.status != 200:
            raise AssertionError(f"{path}: {answer.status} {answer.text[:500]}")
        page = parse_text(answer.text)
        page.seconds = answer.seconds
        return page

    def counter(self, name, **labels):
        """One of the sidecar's own metrics; costs no poll."""
        return self.page("/metrics/pillion").value(name, **labels)

    def stop(self, number):
        """Sends the signal; the exit code."""
        self.process.signal(number)
        return self.process.wait()

    def log(self, **wanted):
        """The log's lines as dictionaries, those that have these pairs."""
        lines = [dict(pair.split("=", 1) for pair in shlex.split(line) if "=" in pair)
                 for line in self.process.log_text().splitlines()]
        return [line for line in lines if wanted.items() <= line.items()]

    def states(self, instance):
        """What the log said of the instance, in order: up, late, or the reason why it is down."""
        words = {"instance is up": lambda line: "up",
                 "instance is down": lambda line: line["reason"],
                 "poll is late: the scrape was answered without it": lambda line: "late"}
        return [words.get(line["msg"], str)(line) for line in self.log(instance=instance)]

    def memory(self, name="VmRSS"):
        """A line of /proc/PID/status, in bytes: VmRSS now, VmHWM at most so far."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(rf"^{name}:\s+(\d+) kB", status, re.MULTILINE).group(1)) * 1024

    def wake_ups(self):
        """How often its threads have gone to sleep so far."""
        count = 0
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            with contextlib.suppress(FileNotFoundError):  # it has ended meanwhile
                count += int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)",
                                       (task / "status").read_text(), re.MULTILINE).group(1))
        return count

    def threads(self):
        return len(os.listdir(f"/proc/{self.pid}/task"))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def mapped_files(self):
        maps = Path(f"/proc/{self.pid}/maps").read_text()
        return sorted({line.split()[-1] for line in maps.splitlines() if "/" in line.split()[-1]})

    def connections_to(self, host, port):
        """How many TCP connections it holds to there, whatever their state."""
        held = set()
        for fd in Path(f"/proc/{self.pid}/fd").iterdir():
            try:
                held.add(os.readlink(fd))
            except OSError:
                pass
        wanted = "%08X:%04X" % (int.from_bytes(bytes(map(int, host.split("."))), "little"), port)
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return sum(row[2] == wanted and f"socket:[{row[9]}]" in held for row in rows)
