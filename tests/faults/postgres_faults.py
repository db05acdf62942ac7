"""PostgreSQL is hurt; Redis must not notice."""
import struct

import server_test
from fake_server import after_request, pg_message, pg_session
from postgres_server import MONITOR
from target_faults import TargetFaults

NOTICE = pg_message(b"N", b"SNOTICE\0C00000\0M" + b"x" * 8000 + b"\0\0")
PARAMETER = pg_message(b"S", b"TimeZone\0" + b"x" * 8000 + b"\0")


class PostgresFaults(TargetFaults, server_test.ServerTest):
    def choose(self, postgres, redis):
        return postgres, redis

    def change_password(self, password):
        server = self.hurt.server
        server.sql(f"ALTER ROLE {MONITOR} PASSWORD '{password}'; SELECT pg_terminate_backend(pid) "
                   "FROM pg_stat_activity WHERE application_name = 'pillion'")

    def target_at(self, host):
        return f'dsn = "host={host} port=5432 user={MONITOR} dbname=postgres"'

    def test_endless_notices_at_connect(self):
        self.replaced_by(after_request(b"", NOTICE), "protocol")

    def test_endless_parameters_at_connect(self):
        opening = pg_message(b"R", struct.pack("!i", 0))
        self.replaced_by(after_request(opening, PARAMETER), "protocol")

    def test_endless_notice_at_connect(self):
        """One that is announced with a gigabyte, and comes."""
        opening = pg_message(b"R", struct.pack("!i", 0)) + b"N" + struct.pack("!i", 1 << 30)
        self.replaced_by(after_request(opening, b"x" * (1 << 20)), "protocol")

    def test_endless_notices_in_session(self):
        self.replaced_by(pg_session(b"", NOTICE), "limit")

    def test_endless_row(self):
        """A row that is announced with a gigabyte, and comes."""
        head = pg_message(b"1", b"") + pg_message(b"2", b"") + pg_message(
            b"T", struct.pack("!h", 1) + b"a\0" + struct.pack("!ihihih", 0, 0, 25, -1, -1, 1))
        row = b"D" + struct.pack("!i", 1 << 30) + struct.pack("!hi", 1, (1 << 30) - 10)
        self.replaced_by(pg_session(head + row, b"x" * (1 << 20)), "limit")


if __name__ == "__main__":
    server_test.main()
