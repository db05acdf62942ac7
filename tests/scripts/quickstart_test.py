"""examples/quickstart.sh --once with the pillion of this build: succeeds, fails with a reason, and
leaves no process and no directory, however it ends.

quickstart_test.py BUILD_DIR
"""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HANG_SECONDS = 240
BUILD_DIR = None
NEEDED = {"postgresql-15": "/usr/lib/postgresql/15/bin/initdb", "redis-server": "redis-server",
          "redis-tools": "redis-benchmark", "prometheus": "prometheus", "curl": "curl"}


def traces(directory):
    """Processes that work in a quickstart's directory, and the directory itself."""
    found = [directory] if Path(directory).exists() else []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if directory in command:
            found.append(f"{process.name} {command}")
    return found


class Quickstart(unittest.TestCase):
    def setUp(self):
        for package, command in NEEDED.items():
            if shutil.which(command) is None:
                print(f"SKIPPED: apt:{package} is missing", flush=True)
                os._exit(77)
        self.log = tempfile.NamedTemporaryFile("w+", prefix="pillion-quickstart-test-")
        self.addCleanup(self.log.close)

    def start(self, *arguments):
        # A shell cannot trap a SIGINT that was ignored when it was started.
        return subprocess.Popen(
            ["bash", ROOT / "examples/quickstart.sh", "--no-install", *arguments],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))

    def said(self):
        return Path(self.log.name).read_text()

    def wait_for(self, process, words):
        deadline = time.monotonic() + HANG_SECONDS
        while words not in self.said():
            self.assertIsNone(process.poll(), self.said())
            self.assertLess(time.monotonic(), deadline, self.said())
            time.sleep(0.05)

    def assert_nothing_left(self):
        directory = self.said().split(" in /", 1)[1].split("\n", 1)[0]
        deadline = time.monotonic() + HANG_SECONDS
        while traces("/" + directory) and time.monotonic() < deadline:
            time.sleep(0.05)  # the kernel's signals to orphans take a moment
        self.assertEqual([], traces("/" + directory))

    def test_once_finds_all_series(self):
        process = self.start("--once", "--build", BUILD_DIR)
        self.assertEqual(0, process.wait(HANG_SECONDS), self.said())
        self.assertIn("everything expected is there", self.said())
        self.assertIn("redis_commands_processed_total", self.said())
        self.assert_nothing_left()

    def test_signals_stop_everything(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(signal=number):
                self.log.truncate(0)
                process = self.start("--build", BUILD_DIR)
                self.wait_for(process, "Pillion: http://")
                os.killpg(process.pid, number)
                self.assertEqual(128 + number, process.wait(HANG_SECONDS), self.said())
                self.assert_nothing_left()

    def test_kill_leaves_no_process(self):
        process = self.start("--build", BUILD_DIR)
        self.wait_for(process, "Pillion: http://")
        process.kill()
        process.wait(HANG_SECONDS)
        directory = "/" + self.said().split(" in /", 1)[1].split("\n", 1)[0]
        self.addCleanup(shutil.rmtree, directory, ignore_errors=True)
        deadline = time.monotonic() + HANG_SECONDS
        while len(traces(directory)) > 1 and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual([directory], traces(directory))

    def test_once_says_why_it_failed(self):
        with tempfile.TemporaryDirectory(prefix="pillion-scripts-") as build:
            (Path(build) / "bin").mkdir()
            (Path(build) / "exporters").mkdir()
            (Path(build) / "exporters/toy.so").write_text("")
            program = Path(build) / "bin/pillion"
            program.write_text("#!/bin/sh\necho no such option >&2\nexit 2\n")
            program.chmod(0o755)
            process = self.start("--once", "--build", build)
            self.assertEqual(1, process.wait(HANG_SECONDS), self.said())
        self.assertIn("no such option", self.said())
        self.assertIn("pillion ended while I waited", self.said())
        self.assert_nothing_left()


if __name__ == "__main__":
    BUILD_DIR = sys.argv.pop(1)
    unittest.main(verbosity=2)
