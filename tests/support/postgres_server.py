"""A PostgreSQL of one test: a cluster of its own, on the sandbox's address and a unix socket."""
import contextlib
import os
import signal
from pathlib import Path

from sandbox import executable, unprivileged_user, wait_until

SUPERUSER = "super"
MONITOR = "monitor"

_SETTINGS = {
    "fsync": "off",
    "shared_buffers": "16MB",
    "max_connections": "30",
    "dynamic_shared_memory_type": "mmap",
    "log_line_prefix": "%m [%p] %a ",
}


def _bin_dirs():
    """That of PILLION_POSTGRES_BIN, as the live tests of exporters/postgres have it, or the newest."""
    if given := os.environ.get("PILLION_POSTGRES_BIN"):
        return [Path(given)]
    found = Path("/usr/lib/postgresql").glob("*/bin")
    return sorted(found, key=lambda path: int(path.parent.name), reverse=True)


class PostgresServer:
    def __init__(self, sandbox, password, settings=None, replica_of=None):
        """Starts it, with a role `monitor` that has pg_monitor and this password.

        `replica_of`: a copy of that server, which streams from it.
        """
        self._sandbox = sandbox
        self._name = "replica" if replica_of else "postgres"
        self.user = unprivileged_user()
        self.host, self.port = sandbox.host, sandbox.port()
        self._initdb = executable("initdb", "postgresql-15", _bin_dirs())
        self._postgres = executable("postgres", "postgresql-15", [Path(self._initdb).parent])
        self._psql = executable("psql", "postgresql-15", [Path(self._initdb).parent])
        self.home = sandbox.own_dir(self._name, self.user)
        self.data, self.socket_dir = self.home / "data", self.home
        self._settings = {**_SETTINGS, **(settings or {}), "port": self.port,
                          "listen_addresses": self.host,
                          "unix_socket_directories": self.socket_dir}
        self.process = None
        if replica_of is not None:
            sandbox.run([self.bin_dir / "pg_basebackup", "-D", self.data, "-h",
                         replica_of.socket_dir, "-p", replica_of.port, "-U", SUPERUSER, "-R", "-c",
                         "fast", "--no-sync"], user=self.user)
            self.start()
            return
        sandbox.run([self._initdb, "-D", self.data, "-U", SUPERUSER, "--no-sync", "-E", "UTF8",
                     "--locale", "C.UTF-8", "--auth-local", "trust", "--auth-host",
                     "scram-sha-256"], user=self.user)
        self.start()
        self.sql(f"CREATE ROLE {MONITOR} LOGIN PASSWORD '{password}'; GRANT pg_monitor TO {MONITOR}")

    @property
    def address(self):
        return (self.host, self.port)

    @property
    def bin_dir(self):
        """Where pgbench and the like are."""
        return Path(self._postgres).parent

    @property
    def dsn(self):
        return f"host={self.host} port={self.port} user={MONITOR} dbname=postgres"

    @property
    def socket_dsn(self):
        return f"host={self.socket_dir} port={self.port} user={MONITOR} dbname=postgres"

    def start(self, settings=None, refusal=""):
        """`refusal`: what it is awaited to say instead of letting a session in."""
        argv = [self._postgres, "-D", self.data]
        for name, value in {**self._settings, **(settings or {})}.items():
            argv += ["-c", f"{name}={value}"]
        # Its backends notice that the postmaster is gone; at a fast shutdown they are told.
        self.process = self._sandbox.start(self._name, argv, user=self.user,
                                           death_signal=signal.SIGQUIT)
        wait_until("PostgreSQL answers", lambda: self.is_ready(refusal), alive=[self.process])

    def is_ready(self, refusal=""):
        done = self._run_sql("SELECT 1")
        return refusal in done.stderr if refusal else done.returncode == 0

    def _psql_argv(self):
        return [self._psql, "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", self.socket_dir, "-p",
                self.port, "-U", SUPERUSER, "-d", "postgres"]

    def _run_sql(self, text):
        return self._sandbox.run(self._psql_argv(), stdin=text, check=False)

    def sql(self, text):
        """The answer as psql -At prints it."""
        done = self._run_sql(text)
        if done.returncode != 0:
            raise AssertionError(f"{text}: {done.stderr}")
        return done.stdout.strip()

    def lock(self, table):
        """Nobody else may use the table, until unlock()."""
        argv = self._psql_argv()
        for text in ("SELECT pg_backend_pid()", "BEGIN", f"LOCK TABLE {table}", "SELECT 'locked'",
                     "SELECT pg_sleep(600)"):
            argv += ["-c", text]
        self._locker = self._sandbox.start(f"locker{len(self._sandbox.processes)}", argv)
        wait_until("the lock is held", lambda: "locked" in self._locker.log_text(),
                   alive=[self._locker])

    def hold_transaction(self):
        """Opens one that stays open; gives when it began, in Unix seconds."""
        argv = self._psql_argv()
        for text in ("BEGIN", "SELECT extract(epoch FROM now())", "SELECT pg_sleep(3600)"):
            argv += ["-c", text]
        holder = self._sandbox.start(f"holder{len(self._sandbox.processes)}", argv)
        wait_until("the transaction is open", lambda: "." in holder.log_text(), alive=[holder])
        return float(holder.log_text().split()[-1])

    def unlock(self):
        """Without a session of its own: that may need the very table."""
        os.kill(int(self._locker.log_text().split()[-2]), signal.SIGTERM)
        self._locker.wait()

    def sessions_of_pillion(self):
        """pids of the backends that serve the sidecar."""
        return self.sql("SELECT pid FROM pg_stat_activity WHERE application_name = 'pillion' "
                        "ORDER BY pid").split()

    def stop(self):
        """A fast shutdown: sessions are ended, nobody is waited for."""
        self.process.signal(signal.SIGINT)
        self.process.wait()

    def kill(self):
        """The postmaster dies at once; its backends end when they see that."""
        backends = self.process.children()
        self.process.kill()
        wait_until("the backends have ended",
                   lambda: not any(os.path.exists(f"/proc/{pid}/cwd") for pid in backends))

    def freeze(self):
        self._signal_all(signal.SIGSTOP)

    def thaw(self):
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, number):
        # The postmaster first: then no new backend comes up meanwhile. A woken one may find that its
        # session is gone and end before the loop comes to it.
        self.process.signal(number)
        for pid in self.process.children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
