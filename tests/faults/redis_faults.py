"""Redis is hurt; PostgreSQL must not notice."""
import server_test
from fake_server import after_request
from target_faults import TargetFaults


class RedisFaults(TargetFaults, server_test.ServerTest):
    def choose(self, postgres, redis):
        return redis, postgres

    def change_password(self, password):
        server = self.hurt.server
        server.set_password(password)
        for client in server.sessions_of_pillion():
            server.command("CLIENT", "KILL", "ID", client)

    def target_at(self, host):
        return f'address = "{host}:6379"'

    def test_endless_bulk(self):
        """Two gigabytes are announced, and come."""
        self.replaced_by(after_request(b"$2000000000\r\n", b"x" * (1 << 20)), "limit")

    def test_endless_array(self):
        self.replaced_by(after_request(b"*1000000000\r\n", b"$1\r\nx\r\n" * 65536), "limit")

    def test_endless_line(self):
        self.replaced_by(after_request(b"+", b"x" * (1 << 20)), "limit")

    def test_endless_replies(self):
        """More replies than questions."""
        self.replaced_by(after_request(b"+OK\r\n", b"+OK\r\n" * 65536), "protocol")


if __name__ == "__main__":
    server_test.main()
