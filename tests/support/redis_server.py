"""A Redis of one test, on the sandbox's address and a unix socket."""
import contextlib
import re
import signal
import socket

from sandbox import executable, unprivileged_user, wait_until


class RedisError(AssertionError):
    """An error reply."""


class RedisServer:
    def __init__(self, sandbox, password="", name="redis", options=()):
        """`options`: of the command line, at each start."""
        self._sandbox = sandbox
        self._password = password
        self._name, self._options = name, options
        self.user = unprivileged_user()
        self._server = executable("redis-server", "redis-server")
        self.host, self.port = sandbox.host, sandbox.port()
        self.home = sandbox.own_dir(name, self.user)
        self.socket_path = self.home / "socket"
        self.process = None
        self.start()

    @property
    def address(self):
        return (self.host, self.port)

    @property
    def tcp_address(self):
        return f"{self.host}:{self.port}"

    @property
    def socket_address(self):
        return f"unix:{self.socket_path}"

    def start(self, options=(), ready="PONG"):
        """`ready`: how the answer to PING begins that says that it is as far as it shall come."""
        self._own_info = self._own_connections = 0
        argv = [self._server, "--port", self.port, "--bind", self.host, "--dir", self.home,
                "--unixsocket", self.socket_path, "--save", "", "--appendonly", "no",
                "--daemonize", "no"]
        if self._password:
            argv += ["--requirepass", self._password]
        argv += [*self._options, *options]
        self.process = self._sandbox.start(self._name, argv, cwd=self.home, user=self.user)
        wait_until("Redis answers", lambda: self.answer_to_ping().startswith(ready),
                   alive=[self.process])

    def answer_to_ping(self):
        try:
            return self.command("PING")
        except (OSError, RedisError) as error:
            return str(error)

    @contextlib.contextmanager
    def session(self):
        """A connection of its own: a function that sends a command; bulk replies as text."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(10)
            s.connect(str(self.socket_path))
            self._own_connections += 1
            reader = s.makefile("rb")
            if self._password:
                _call(s, reader, "AUTH", self._password)
            yield lambda *words: _call(s, reader, *words)

    def command(self, *words):
        """One command on a connection of its own; errors are raised."""
        self._own_info += words[0] == "INFO"
        with self.session() as call:
            return call(*words)

    def set_password(self, password):
        """Of the default user, from now on; whoever is logged in stays so."""
        self.command("CONFIG", "SET", "requirepass", password)
        self._password = password

    def polls(self):
        """How often others than the test have asked for INFO since the server started."""
        own = self._own_info  # this one is counted when it is over
        return self._number("commandstats", r"cmdstat_info:calls=(\d+)") - own

    def connections(self):
        """How many others than the test have made since the server started."""
        total = self._number("stats", r"total_connections_received:(\d+)")
        return total - self._own_connections

    def _number(self, section, pattern):
        found = re.search("^" + pattern, self.command("INFO", section), re.MULTILINE)
        return int(found.group(1)) if found else 0

    def sessions_of_pillion(self):
        """ids of the sidecar's connections."""
        clients = self.command("CLIENT", "LIST")
        return re.findall(r"^id=(\d+) .*\bname=pillion\b", clients, re.MULTILINE)

    def stop(self):
        self.process.signal(signal.SIGTERM)
        self.process.wait()

    def kill(self):
        self.process.kill()

    def freeze(self):
        self.process.freeze()

    def thaw(self):
        self.process.thaw()


def _call(s, reader, *words):
    parts = [str(word).encode() for word in words]
    s.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts))
    return _reply(reader)


def _reply(reader):
    line = reader.readline().decode().rstrip("\r\n")
    if not line:
        raise ConnectionError("Redis closed the connection")
    kind, rest = line[0], line[1:]
    if kind == "-":
        raise RedisError(rest)
    if kind == ":":
        return int(rest)
    if kind == "$":
        return None if rest == "-1" else reader.read(int(rest) + 2)[:-2].decode()
    if kind == "*":
        return [_reply(reader) for _ in range(int(rest))]
    return rest
