"""A memcached of one test, on the sandbox's address or a unix socket."""
import socket

from sandbox import executable, unprivileged_user, wait_until


class MemcachedServer:
    """`password`: of the user monitor, who must log in. `tls`: the paths of a certificate and its
    key. `unix`: listen on a socket in place of a port."""

    def __init__(self, sandbox, name="memcached", password="", tls=None, unix=False):
        self._sandbox, self._name, self._tls = sandbox, name, tls
        self._user = unprivileged_user()
        self._program = executable("memcached", "memcached")
        self.home = sandbox.own_dir(name, self._user)
        self.home.chmod(0o755)
        self._auth = self.home / "users" if password else None
        self.host, self.port = sandbox.host, None if unix else sandbox.port()
        self.path = self.home / "socket" if unix else None
        if password:
            self.allow(password)
        self.process = None
        self.start()

    @property
    def address(self):
        return f"unix:{self.path}" if self.path else f"{self.host}:{self.port}"

    def allow(self, password):
        """From the next start on."""
        self._auth.write_text(f"monitor:{password}\n")

    def start(self):
        argv = [self._program, "-m", "8", "-t", "2"]
        if self.path:
            self.path.unlink(missing_ok=True)
            argv += ["-s", self.path, "-a", "0777"]
        else:
            argv += ["-l", self.host, "-p", self.port, "-U", "0"]
        if self._user:
            argv += ["-u", self._user.pw_name]
        if self._auth:
            argv += ["-Y", self._auth]
        if self._tls:
            argv += ["-Z", "-o", f"ssl_chain_cert={self._tls[0]},ssl_key={self._tls[1]}"]
        # As root, so that it may read the certificate's key, and drops what it needs no more.
        self.process = self._sandbox.start(self._name, argv, cwd=self.home)
        wait_until("memcached listens", self._listens, alive=[self.process])

    def _listens(self):
        try:
            self._connect().close()
            return True
        except OSError:
            return False

    def _connect(self):
        if self.path:
            s = socket.socket(socket.AF_UNIX)
            s.connect(str(self.path))
        else:
            s = socket.create_connection((self.host, self.port), timeout=10)
        s.settimeout(10)
        return s

    def run(self, *lines):
        """Commands on a connection of their own; the last line of each answer. Without TLS
        and log-in."""
        answers = []
        with self._connect() as s, s.makefile("rb") as reader:
            for line in lines:
                s.sendall(line.replace("\n", "\r\n").encode() + b"\r\n")
                answer = reader.readline()
                if answer.startswith(b"VALUE "):
                    while answer not in (b"END\r\n", b""):
                        answer = reader.readline()
                answers.append(answer.decode().strip())
        return answers
