"""A TCP proxy between a client and a server that can hold, hurt and count what goes through it."""
import contextlib
import re
import socket
import struct
import threading
import time


class PostgresCounter:
    """Statements in what a client of PostgreSQL sends: Query and Execute messages."""

    def __init__(self):
        self._buffer, self._started = b"", False

    def feed(self, data):
        self._buffer += data
        found = 0
        while True:
            head = 1 if self._started else 0  # the startup message has no type
            if len(self._buffer) < head + 4:
                return found
            length, = struct.unpack_from("!i", self._buffer, head)
            if len(self._buffer) < head + length:
                return found
            if not self._started:
                code, = struct.unpack_from("!i", self._buffer, 4)
                self._started = code >> 16 == 3  # otherwise a question about encryption
            else:
                found += self._buffer[:1] in b"QE"
            self._buffer = self._buffer[head + length:]


class RedisCounter:
    """Commands in what a client of Redis sends: arrays of bulk strings."""

    def __init__(self):
        self._buffer = b""

    def feed(self, data):
        self._buffer += data
        found = 0
        while True:
            head = re.match(rb"\*(\d+)\r\n", self._buffer)
            at = head.end() if head else 0
            for _ in range(int(head.group(1)) if head else 0):
                bulk = re.compile(rb"\$(\d+)\r\n").match(self._buffer, at)
                if not bulk or bulk.end() + int(bulk.group(1)) + 2 > len(self._buffer):
                    return found
                at = bulk.end() + int(bulk.group(1)) + 2
            if not head:
                return found
            found += 1
            self._buffer = self._buffer[at:]


def reset(s):
    """Closes so that the other side sees a reset, and no TIME_WAIT keeps the port."""
    with contextlib.suppress(OSError):
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        s.shutdown(socket.SHUT_RDWR)
    s.close()


class Proxy:
    """Listens at `address` for one server; `counter` makes what counts a connection's statements.

    What the server says goes through `reply(client, bytes)`, which a test may replace.
    """

    def __init__(self, address, upstream, counter):
        self._address, self._upstream, self._counter = address, upstream, counter
        self._lock = threading.Lock()
        self._pairs = set()
        self._listener = None
        self._open = threading.Event()
        self._open.set()
        self.held = threading.Event()  # something waits to be let through
        self.connections = self.statements = 0
        self.reply = self.passed = lambda client, data: client.sendall(data)
        self.greet = None  # called with each new client
        self.listen()

    @property
    def address(self):
        return self._address

    # ---- what is let through -------------------------------------------------------------------

    def hold(self):
        """From now on requests are received and not passed on."""
        self.held.clear()
        self._open.clear()

    def release(self):
        self._open.set()

    # ---- what is there -------------------------------------------------------------------------

    def listen(self):
        self._listener = socket.create_server(self._address, backlog=128)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def refuse(self):
        """Nobody listens any more, and all connections are reset."""
        # accept() of another thread returns only when the listener is shut down.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def cut(self):
        """All connections are reset."""
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            for s in pair:
                reset(s)

    def clients(self):
        with self._lock:
            return [client for client, _ in self._pairs]

    def mend(self):
        """As it was in the beginning, with new connections."""
        self.reply, self.greet = self.passed, None
        self.release()
        self.cut()

    # ---- threads -------------------------------------------------------------------------------

    def _accept(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            server = socket.create_connection(self._upstream, timeout=60)
        except OSError:
            reset(client)
            return
        pair = (client, server)
        with self._lock:
            self._pairs.add(pair)
        threading.Thread(target=self._requests, args=pair, daemon=True).start()
        try:
            if self.greet:
                self.greet(client)
            while data := server.recv(65536):
                self.reply(client, data)
        except OSError:
            pass  # one of them is gone
        self._end(pair)

    def _requests(self, client, server):
        counter = self._counter()
        try:
            while data := client.recv(65536):
                found = counter.feed(data)
                with self._lock:
                    self.statements += found
                if not self._open.is_set():
                    self.held.set()
                    self._open.wait()
                server.sendall(data)
        except OSError:
            pass
        self._end((client, server))

    def _end(self, pair):
        with self._lock:
            self._pairs.discard(pair)
        for s in pair:
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_RDWR)
            s.close()


# ---- replies -----------------------------------------------------------------------------------

def trickle(client, data):
    """A byte at a time."""
    for i in range(len(data)):
        client.sendall(data[i:i + 1])
        time.sleep(0.05)


def flood(text):
    """Instead of an answer `text`, again and again, until the client goes."""
    def reply(client, _):
        while True:
            client.sendall(text)
    return reply


def swallow(_client, _data):
    """Nothing comes of what the server says."""


def half_close(client):
    """The client is told that nothing more comes; what it sends is still taken."""
    client.shutdown(socket.SHUT_WR)
