"""Servers that misbehave, on threads of the test."""
import random
import socket
import struct
import threading


class FakeServer:
    """Listens, and runs `behave(connection)` on a thread for each client."""

    def __init__(self, address, behave):
        self._behave = behave
        self._listener = socket.create_server(address, backlog=64)
        self._open = []
        self._lock = threading.Lock()
        self._closed = False
        self.accepted = 0
        self.sent = 0  # bytes, by flood()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self):
        return self._listener.getsockname()[1]

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                if self._closed:
                    connection.close()
                    return
                self.accepted += 1
                self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            self._behave(self, connection)
        except OSError:
            pass  # the client is gone, which is its right

    def flood(self, connection, chunk):
        """Sends the chunk again and again, until the client goes."""
        while True:
            self.sent += connection.send(chunk)

    def close(self):
        with self._lock:
            self._closed = True
            # accept() of another thread returns only when the listener is shut down.
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            for connection in self._open:
                try:
                    # With a reset: no TIME_WAIT keeps the port from the server that comes back.
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                          struct.pack("ii", 1, 0))
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                connection.close()


def silent(_server, connection):
    """Takes all that comes and never says a word."""
    while connection.recv(65536):
        pass


def noise(first):
    """A megabyte, beginning with `first` so that every run takes the same way."""
    return first + random.Random(20).randbytes(1 << 20)


def random_bytes(first):
    """Noise without end."""
    text = noise(first)

    def behave(server, connection):
        connection.recv(65536)
        server.flood(connection, text)
    return behave


def after_request(opening, endless):
    """Answers the first request with `opening`, then sends `endless` for good."""
    def behave(server, connection):
        connection.recv(65536)
        connection.sendall(opening)
        server.flood(connection, endless)
    return behave


def pg_message(kind, body):
    return kind + struct.pack("!i", len(body) + 4) + body


def pg_greeting():
    """What PostgreSQL says to a session without a password, to be ready for queries."""
    text = pg_message(b"R", struct.pack("!i", 0))
    for name, value in {"server_version": "15.8", "client_encoding": "UTF8",
                        "server_encoding": "UTF8", "integer_datetimes": "on"}.items():
        text += pg_message(b"S", name.encode() + b"\0" + value.encode() + b"\0")
    return text + pg_message(b"K", struct.pack("!ii", 1, 1)) + pg_message(b"Z", b"I")


def pg_session(opening, endless):
    """Greets as PostgreSQL does; then the queries are answered by `opening` and `endless`."""
    def behave(server, connection):
        connection.recv(65536)  # the startup packet
        connection.sendall(pg_greeting())
        connection.recv(65536)  # the pipeline
        connection.sendall(opening)
        server.flood(connection, endless)
    return behave
