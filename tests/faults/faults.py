"""The faults: what each does to a target, and what may be seen of it.

A fault is struck at a Site (see rig.py) and mended there; what is special to one database is in
methods named after it.
"""
import contextlib
import os
import socket
import struct
import subprocess
import threading
import time
import unittest

import namespaces
import proxy
from fake_server import noise, pg_message
from postgres_server import MONITOR
from sandbox import executable, wait_until

BOTH = ("postgres", "redis")
SILENT = {"timeout"}
GONE = {"refused", "protocol"}  # a session that breaks off is one or the other


class Fault:
    """Does nothing. `states`: what the target may look like meanwhile: up, part or down."""

    title = ""
    databases = BOTH
    states = {"down"}
    reasons = set()  # of failed polls, one of these
    scrapes = 2      # while it lasts
    own_namespace = False
    by_name = False  # the target is configured by a name instead of an address
    peers = True     # it can be done to others than the sidecar
    back_scrapes = 2  # the latest of the scrapes afterwards that must show the target
    postgres_settings = {}

    def prepare(self, site):
        """Once, before anybody reads the target."""

    def environment(self, site):
        """Of the sidecar."""
        return {}

    def strike(self, site):
        getattr(self, f"strike_{site.database}")(site)

    def mend(self, site):
        getattr(self, f"mend_{site.database}")(site)


class Frozen(Fault):
    title = "SIGSTOP, SIGCONT"
    reasons = SILENT

    def strike(self, site):
        site.server.freeze()

    def mend(self, site):
        site.server.thaw()


class Killed(Fault):
    title = "SIGKILL, restart"
    reasons = GONE

    def strike(self, site):
        site.server.kill()
        site.proxy.refuse()

    def mend(self, site):
        site.server.start()
        site.proxy.listen()


class Refused(Fault):
    title = "stopped: connection refused"
    reasons = GONE

    def strike(self, site):
        site.proxy.refuse()  # first: the server waits for a client whose first words are held
        site.server.stop()

    mend = Killed.mend


class Dropped(Fault):
    title = "packets dropped"
    reasons = SILENT
    own_namespace = True

    def prepare(self, site):
        self._iptables = executable("iptables", "iptables")
        self._all(site, "--check", check=False)  # loads what it needs

    def _all(self, site, action, check=True):
        host, port = site.proxy.address
        for direction in ("--dport", "--sport"):
            done = subprocess.run(
                [self._iptables, action, "INPUT", "-p", "tcp", "-d" if direction == "--dport"
                 else "-s", host, direction, str(port), "-j", "DROP"],
                capture_output=True, text=True, check=False)
            if check and done.returncode != 0:
                raise unittest.SkipTest(f"no packets can be dropped here: {done.stderr}")

    def strike(self, site):
        self._all(site, "--insert")

    def mend(self, site):
        self._all(site, "--delete")


class Attack(Fault):
    """The proxy says something else than the server did."""

    def reply(self, site):
        raise NotImplementedError

    def strike(self, site):
        site.proxy.reply = self.reply(site)

    def mend(self, site):
        site.proxy.mend()


class Trickle(Attack):
    title = "a byte at a time"
    reasons = SILENT

    def reply(self, site):
        return proxy.trickle


class Garbage(Attack):
    title = "garbage"
    reasons = {"protocol", "limit"}

    def reply(self, site):
        return proxy.flood(noise(b"\x07\xf3"))


class Endless(Attack):
    title = "endless reply"
    reasons = {"protocol", "limit"}
    texts = {"postgres": pg_message(b"N", b"SNOTICE\0C00000\0M" + b"x" * 8000 + b"\0\0"),
             "redis": b"*1000000000\r\n" + b"$1\r\nx\r\n" * 65536}

    def reply(self, site):
        return proxy.flood(self.texts[site.database])


class HalfClosed(Attack):
    title = "half-closed socket"
    reasons = GONE

    def reply(self, site):
        return proxy.swallow

    def strike(self, site):
        super().strike(site)
        site.proxy.greet = proxy.half_close
        for client in site.proxy.clients():
            with contextlib.suppress(OSError):
                proxy.half_close(client)


class Auth(Fault):
    title = "password changed, sessions ended"
    reasons = {"auth"}
    back_scrapes = 300  # a password that was refused is not tried at each scrape

    def _set(self, site, password):
        if site.database == "redis":
            site.server.set_password(password)
            site.server.command("CLIENT", "KILL", "TYPE", "normal")
        else:
            site.server.sql(f"ALTER ROLE {MONITOR} PASSWORD '{password}'")
            site.end_sessions()

    def strike(self, site):
        self._set(site, "another")

    def mend(self, site):
        self._set(site, site.password)


class Revoked(Fault):
    title = "privilege revoked"
    states = {"part"}

    def strike_postgres(self, site):
        site.server.sql(f"REVOKE pg_monitor FROM {MONITOR}")

    def mend_postgres(self, site):
        site.server.sql(f"GRANT pg_monitor TO {MONITOR}")

    def strike_redis(self, site):
        site.server.command("ACL", "SETUSER", "default", "-info")

    def mend_redis(self, site):
        """By a restart: what the same server has denied is not asked again for a minute."""
        site.server.stop()
        site.server.start()


class Locked(Fault):
    title = "pg_class locked exclusively; a script that never ends"
    states = {"down", "part"}
    reasons = {"timeout", "refused"}

    def strike_postgres(self, site):
        site.server.lock("pg_class")

    def mend_postgres(self, site):
        site.server.unlock()

    def strike_redis(self, site):
        site.server.command("CONFIG", "SET", "busy-reply-threshold", "200")
        self._script = threading.Thread(target=self._run_script, args=(site.server,), daemon=True)
        self._script.start()
        wait_until("the script runs", lambda: site.server.answer_to_ping().startswith("BUSY"))

    @staticmethod
    def _run_script(server):
        with contextlib.suppress(AssertionError, OSError):
            server.command("EVAL", "while true do end", 0)

    def mend_redis(self, site):
        site.server.command("SCRIPT", "KILL")


class Full(Fault):
    title = "max_connections, maxclients exhausted"
    reasons = {"limit"}

    def strike_postgres(self, site):
        """Each of these waits for a password, and takes a place of those that there are."""
        startup = struct.pack("!i", 196608) + f"user\0{MONITOR}\0database\0postgres\0\0".encode()
        self._sockets = []
        site.proxy.cut()
        refused = 0
        while refused < 5:  # until the session that was cut has made room, too
            s = socket.create_connection(site.server.address)
            self._sockets.append(s)
            s.sendall(struct.pack("!i", len(startup) + 4) + startup)
            if s.recv(1) == b"E":
                refused += 1
                time.sleep(0.1)

    def mend_postgres(self, site):
        for s in self._sockets:
            s.close()
        wait_until("there is room", lambda: site.server.is_ready())

    def strike_redis(self, site):
        self._stack = contextlib.ExitStack()
        self._call = self._stack.enter_context(site.server.session())
        # In this order: who is cut while there is room is back at once, and nothing is full for it.
        self._call("CONFIG", "SET", "maxclients", 1)
        self._call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")

    def mend_redis(self, site):
        self._call("CONFIG", "SET", "maxclients", 10000)
        self._stack.close()


class Recovery(Fault):
    """A Redis that loads answers INFO, so it is shown; whether others are is up to it."""

    title = "in recovery without sessions; loading"
    states = {"down", "part", "up"}
    reasons = {"timeout"} | GONE

    def strike(self, site):
        site.proxy.refuse()
        super().strike(site)
        site.proxy.listen()

    def strike_postgres(self, site):
        site.server.stop()
        (site.server.data / "standby.signal").touch()
        site.server.start({"hot_standby": "off"}, refusal="not accepting connections")

    def mend_postgres(self, site):
        (site.server.data / "standby.signal").unlink()
        site.server.stop()
        site.server.start()

    def strike_redis(self, site):
        site.server.command("EVAL", "for i = 1, 20000 do redis.call('SET', 'key' .. i, i) end", 0)
        site.server.command("SAVE")
        site.server.stop()
        site.server.start(["--key-load-delay", "2000", "--loading-process-events-interval-bytes",
                           "1024"], ready="LOADING")

    def mend_redis(self, site):
        site.server.command("CONFIG", "SET", "key-load-delay", "0")
        wait_until("the data are loaded", lambda: site.server.answer_to_ping() == "PONG")


class DiskFull(Fault):
    """PostgreSQL: what does not fit work_mem goes to a full disk. Redis: no snapshot is written."""

    title = "disk full"
    states = {"part", "up"}
    own_namespace = True

    def prepare(self, site):
        self._disk = site.sandbox.own_dir(site.server.home / "tiny", site.server.user)
        namespaces.tiny_disk(self._disk, "1m", site.server.user)
        if site.database == "postgres":
            site.server.sql(f"CREATE TABLESPACE tiny LOCATION '{self._disk}'")
            site.server.sql(f"ALTER ROLE {MONITOR} SET work_mem = '64kB'; ALTER ROLE {MONITOR} SET "
                            f"temp_tablespaces = tiny; GRANT CREATE ON TABLESPACE tiny TO {MONITOR};"
                            "DO $$ BEGIN FOR i IN 1..1000 LOOP EXECUTE 'CREATE TABLE "
                            "a_table_with_a_long_name_' || i || '()'; END LOOP; END $$")
        else:
            site.server.stop()
            site.server.start(["--dir", self._disk])

    def strike_postgres(self, site):
        self._filler = namespaces.fill_disk(self._disk)

    def strike_redis(self, site):
        self.strike_postgres(site)
        site.server.command("CONFIG", "SET", "save", "3600 1")
        site.server.command("BGSAVE")
        wait_until("writing is refused", lambda: site.server.answer_to_ping().startswith("MISCONF"))

    def mend_postgres(self, site):
        os.unlink(self._filler)

    def mend_redis(self, site):
        self.mend_postgres(site)
        site.server.command("BGSAVE")
        wait_until("writing is allowed", lambda: site.server.answer_to_ping() == "PONG")


class Dns(Fault):
    title = "name no longer resolves, connections reset"
    reasons = {"dns"}
    own_namespace = True
    by_name = True

    def prepare(self, site):
        self._hosts = site.sandbox.dir / "hosts"
        resolv = site.sandbox.dir / "resolv.conf"
        resolv.write_text("nameserver 127.0.0.1\n")  # where nobody listens
        self._write(site, True)
        namespaces.bind(self._hosts, "/etc/hosts")
        namespaces.bind(resolv, "/etc/resolv.conf")

    def _write(self, site, known):
        line = f"{site.proxy.address[0]} {site.name}\n" if known else ""
        self._hosts.write_text("127.0.0.1 localhost\n" + line)

    def strike(self, site):
        self._write(site, False)
        site.proxy.cut()

    def mend(self, site):
        self._write(site, True)


class ClockJump(Fault):
    title = "wall clock jumps a day ahead, then back"
    states = {"up"}
    peers = False  # Go asks the kernel without a library that could be put between

    def environment(self, site):
        places = ["/usr/lib/x86_64-linux-gnu/faketime", "/usr/lib/aarch64-linux-gnu/faketime"]
        library = next((f"{p}/libfaketimeMT.so.1" for p in places if os.path.isdir(p)), None)
        if not library:
            raise unittest.SkipTest("apt:faketime is missing")
        # Its interceptors have to come before whatever is put between.
        if "address" in os.environ.get("PILLION_TEST_SANITIZE", ""):
            asan = subprocess.run(["gcc", "-print-file-name=libasan.so"], text=True, check=True,
                                  stdout=subprocess.PIPE).stdout.strip()
            library = f"{os.path.realpath(asan)}:{library}"
        self._file = site.sandbox.dir / "clock"
        self._set("+0")
        return {"LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": str(self._file),
                "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                "FAKETIME_DONT_RESET": "1"}

    def _set(self, offset):
        self._file.with_suffix(".new").write_text(offset + "\n")
        self._file.with_suffix(".new").rename(self._file)

    def strike(self, site):
        self._set("+86400")

    def mend(self, site):
        self._set("+0")


class Paused(Fault):
    """As a container is, or a virtual machine."""

    title = "the exporter itself is paused for 2 s"
    states = {"up", "part", "down"}  # part: it was in the middle of a poll whose time is over then
    reasons = SILENT

    def strike(self, site):
        site.subject.process.freeze()
        time.sleep(2)
        site.subject.process.thaw()

    def mend(self, site):
        pass


FAULTS = {"frozen": Frozen(), "killed": Killed(), "refused": Refused(), "dropped": Dropped(),
          "trickle": Trickle(), "garbage": Garbage(), "endless": Endless(),
          "half_closed": HalfClosed(), "auth": Auth(), "revoked": Revoked(), "locked": Locked(),
          "full": Full(), "recovery": Recovery(), "disk_full": DiskFull(), "dns": Dns(),
          "clock_jump": ClockJump(), "paused": Paused()}
