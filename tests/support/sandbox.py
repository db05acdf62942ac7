"""A directory, a loopback address and the processes of one test; all gone when the test is."""
import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

HANG_SECONDS = 60  # what is waited for longer than this is a hang, not slowness

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def wait_until(what, condition, seconds=HANG_SECONDS, alive=()):
    """Returns condition()'s first true value; fails after `seconds` or when a process ends."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        for process in alive:
            if process.poll() is not None:
                raise AssertionError(f"{process.name} ended ({process.poll()}) before {what}:\n"
                                     + process.log_tail())
        if time.monotonic() > deadline:
            raise AssertionError(f"{seconds} s and not yet: {what}")
        time.sleep(0.02)


def executable(name, package, places=()):
    """The path of a server's executable; the test is skipped if there is none."""
    found = shutil.which(name, path=os.pathsep.join([*map(str, places), os.environ.get("PATH", ""),
                                                     "/usr/sbin", "/sbin"]))
    if not found:
        raise unittest.SkipTest(f"apt:{package} is missing: there is no {name}")
    return found


def unprivileged_user():
    """Who servers that refuse to be root run as; None if we are not root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            pass
    raise unittest.SkipTest("as root, a user postgres or nobody is needed to run servers as")


class Process:
    """A child, its output in a file of the sandbox."""

    def __init__(self, name, popen, log):
        self.name, self.log, self.pid = name, log, popen.pid
        self._popen = popen

    def poll(self):
        return self._popen.poll()

    def wait(self, seconds=HANG_SECONDS):
        """The exit code; negative for a signal."""
        try:
            return self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} still runs after {seconds} s:\n"
                                 + self.log_tail()) from None

    def signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self):
        self.signal(signal.SIGKILL)
        self.wait()

    def freeze(self):
        self.signal(signal.SIGSTOP)

    def thaw(self):
        self.signal(signal.SIGCONT)

    def log_text(self):
        return self.log.read_text(errors="replace")

    def log_tail(self, lines=25):
        return "\n".join("    " + line for line in self.log_text().splitlines()[-lines:])

    def children(self):
        found = []
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            found += [int(pid) for pid in (task / "children").read_text().split()]
        return found


class Sandbox:
    def __init__(self):
        # Others must be able to pass, so not the private temporary directory that root may have.
        base = "/tmp" if os.geteuid() == 0 else None
        self.dir = Path(os.path.realpath(tempfile.mkdtemp(prefix="pillion-test.", dir=base)))
        self.dir.chmod(0o755)
        self._sweeper = subprocess.Popen(
            [sys.executable, "-B", str(Path(__file__).with_name("sweeper.py")), str(self.dir)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/")
        # Of 127.0.0.0/8, all of which is ours on Linux: no other test uses this one, so that a
        # port stays free while the server behind it is down.
        pid = os.getpid()
        self.host = f"127.{(pid >> 16) % 127 + 128}.{pid >> 8 & 255}.{pid & 255}"
        self.processes = []
        self._given_ports = set()

    def port(self):
        """A port of self.host that nobody uses, and that stays the test's."""
        while True:
            with socket.create_server((self.host, 0)) as s:
                port = s.getsockname()[1]
            if port not in self._given_ports:
                self._given_ports.add(port)
                return port

    def own_dir(self, name, user=None):
        """`name` may be a path inside of the sandbox."""
        path = self.dir / name
        path.mkdir(mode=0o700)
        if user is not None:
            os.chown(path, user.pw_uid, user.pw_gid)
        return path

    def start(self, name, argv, cwd=None, user=None, env=None, death_signal=signal.SIGKILL):
        log = self.dir / f"{name}.log"
        identity = {}
        if user is not None:
            identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        with open(log, "ab") as out:
            popen = subprocess.Popen(
                [str(word) for word in argv], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                cwd=cwd or self.dir, start_new_session=True, env=env, **identity,
                preexec_fn=lambda: _libc.prctl(_PR_SET_PDEATHSIG, death_signal))
        process = Process(name, popen, log)
        self.processes.append(process)
        return process

    def run(self, argv, user=None, env=None, stdin="", seconds=HANG_SECONDS, check=True):
        """Runs to the end; a CompletedProcess with text."""
        identity = {}
        if user is not None:
            identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        done = subprocess.run([str(word) for word in argv], input=stdin, capture_output=True,
                              text=True, timeout=seconds, cwd=self.dir, env=env, check=False,
                              **identity)
        if check and done.returncode != 0:
            raise AssertionError(f"{argv[0]} ended with {done.returncode}:\n{done.stdout}"
                                 f"{done.stderr}")
        return done

    def close(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.kill()
        self._sweeper.stdin.close()
        self._sweeper.stdout.read()  # ends with the last process that sweeps
        self._sweeper.stdout.close()
        self._sweeper.wait()
