"""HTTP as a scraper speaks it, over TCP and unix sockets."""
import http.client
import socket
import time
from dataclasses import dataclass

from sandbox import HANG_SECONDS


@dataclass
class Answer:
    status: int
    headers: dict  # names in lower case
    body: bytes
    seconds: float  # from the connect, or on a kept connection the request, to the last byte

    @property
    def text(self):
        return self.body.decode()


def connect(address, seconds=HANG_SECONDS):
    """A socket to HOST:PORT or unix:PATH."""
    if address.startswith("unix:"):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(seconds)
        s.connect(address.removeprefix("unix:"))
        return s
    host, _, port = address.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=seconds)


class _Connection(http.client.HTTPConnection):
    def __init__(self, address, seconds):
        super().__init__("localhost", timeout=seconds)
        self._address, self._seconds = address, seconds

    def connect(self):
        self.sock = connect(self._address, self._seconds)


class Request:
    """A GET, or another method, that was sent, on a connection of its own."""

    def __init__(self, address, path, headers=None, seconds=HANG_SECONDS, method="GET"):
        self._begin = time.monotonic()
        self._connection = _Connection(address, seconds)
        sent = dict(headers or {})
        if not address.startswith("unix:"):
            sent.setdefault("Host", address)
        try:
            self._connection.request(method, path, headers=sent)
        except BaseException:
            self._connection.close()
            raise

    def answer(self):
        """Waits for it; one that is cut off raises IncompleteRead."""
        try:
            response = self._connection.getresponse()
            body = response.read()
        finally:
            self._connection.close()
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, body,
                      time.monotonic() - self._begin)


class Kept:
    """A connection that stays between requests, as Prometheus keeps one to each target."""

    def __init__(self, address, seconds=HANG_SECONDS):
        self._address = address
        self._connection = _Connection(address, seconds)

    def get(self, path, headers=None):
        begin = time.monotonic()
        try:
            response = self._ask(path, headers)
        except ConnectionError:  # the server has closed it meanwhile
            self._connection.close()
            response = self._ask(path, headers)
        body = response.read()
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, body,
                      time.monotonic() - begin)

    def _ask(self, path, headers):
        self._connection.request("GET", path, headers={"Host": self._address, **(headers or {})})
        return self._connection.getresponse()

    def close(self):
        self._connection.close()


def get(address, path, headers=None, seconds=HANG_SECONDS):
    return Request(address, path, headers, seconds).answer()


def listens(address):
    """Whether somebody takes connections there."""
    try:
        connect(address, 1).close()
        return True
    except OSError:
        return False


def answers(address, path="/metrics"):
    """Whether a page is served there."""
    try:
        return get(address, path).status == 200
    except OSError:
        return False
