"""How a Redis is come to: passwords by its address, and the name that a TLS server is asked for."""
import json
import os
import select
import socket
import ssl

import server_test
from authority import Authority
from fake_server import FakeServer
from page import parse_text
from pillion_process import Pillion, toml
from redis_server import RedisServer
from sandbox import wait_until


class RedisAccess(server_test.ServerTest):
    def start_pillion(self, config):
        pillion = Pillion(self.sandbox, config)
        self.addCleanup(pillion.process.kill)
        return pillion

    # ---- passwords -----------------------------------------------------------------------------

    def write_map(self, passwords):
        beside = self.sandbox.dir / "map.new"
        beside.write_text(json.dumps(passwords))
        os.replace(beside, self.sandbox.dir / "map.json")

    def up(self, server):
        answer = self.pillion.get(f"/scrape?target={server.tcp_address}&module=caches")
        self.assertEqual(answer.status, 200, answer.text)
        return parse_text(answer.text).value("redis_up")

    def test_targets_get_their_passwords_of_one_map(self):
        first, second, third = (RedisServer(self.sandbox, password, name=password)
                                for password in ("one", "two", "three"))
        self.write_map({f"redis://{first.tcp_address}": "one",
                        f"rediss://{second.tcp_address}/3": "two"})
        self.pillion = self.start_pillion(f"""
[probes.caches]
type = "redis"
targets = ["{self.sandbox.host}:*"]
password_map = "${{file:{self.sandbox.dir / "map.json"}}}"
freshness = "50ms"
timeout = "60s"
""")
        self.assertEqual([self.up(each) for each in (first, second, third)], [1, 1, 0])
        self.assertEqual([len(each.sessions_of_pillion()) for each in (first, second, third)],
                         [1, 1, 0])
        # Others' passwords are never tried.
        self.assertEqual(first.command("ACL", "LOG"), [])
        self.assertEqual(second.command("ACL", "LOG"), [])
        second.set_password("2nd")
        for client in second.sessions_of_pillion():
            second.command("CLIENT", "KILL", "ID", client)
        wait_until("the old password is refused", lambda: self.up(second) == 0)
        self.assertEqual(self.up(first), 1)
        self.write_map({f"redis://{first.tcp_address}": "one",
                        f"redis://{second.tcp_address}": "2nd",
                        f"redis://{third.tcp_address}": "three"})
        for server in (second, third, first):
            wait_until("the map was read again", lambda: self.up(server) == 1)

    # ---- SNI -----------------------------------------------------------------------------------

    def tls_server(self, plain, named):
        """A TLS server in front of self.redis that shows `named` to those who ask for a name.

        Returns it and the names that it was asked for, None for none.
        """
        names = []
        contexts = [ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) for _ in range(2)]
        for context, path in zip(contexts, (plain, named)):
            context.load_cert_chain(f"{path}.crt", f"{path}.key")

        def asked(connection, name, _context):
            names.append(name)
            if name is not None:
                connection.context = contexts[1]

        def relay(_server, raw):
            with contexts[0].wrap_socket(raw, server_side=True) as client, \
                    socket.create_connection(self.redis.address) as redis:
                while True:
                    ready, _, _ = select.select([client, redis], [], [])
                    for one, other in ((client, redis), (redis, client)):
                        if one not in ready:
                            continue
                        data = one.recv(1 << 20)
                        if not data:
                            return
                        other.sendall(data)

        contexts[0].sni_callback = asked
        server = FakeServer(("127.0.0.1", 0), relay)
        self.addCleanup(server.close)
        return server.port, names

    def test_the_tls_server_is_asked_for_its_name(self):
        self.redis = RedisServer(self.sandbox)
        authority = Authority(self.sandbox)
        plain = authority.issue("plain", "IP:127.0.0.1")
        named = authority.issue("named", "DNS:localhost,DNS:cache.example")
        (name, asked_by_name), (address, asked_by_address), (set_name, asked_by_option) = (
            self.tls_server(plain, named) for _ in range(3))
        instances = {"by_name": f'address = "rediss://localhost:{name}"',
                     "by_address": f'address = "rediss://127.0.0.1:{address}"',
                     "by_option": f'address = "rediss://127.0.0.1:{set_name}"\n'
                                  'tls_server_name = "cache.example"'}
        pillion = self.start_pillion("".join(f"""
[exporters.{instance}]
type = "redis"
labels = {{ cache = "{instance}" }}
{lines}
tls_ca_file = {toml(authority.certificate)}
freshness = "50ms"
timeout = "60s"
""" for instance, lines in instances.items()))
        page = pillion.page(timeout=60)
        for instance in instances:
            with self.subTest(instance):
                self.assertEqual(page.value("redis_up", cache=instance), 1)
        self.assertEqual(asked_by_name, ["localhost"])
        self.assertEqual(asked_by_address, [None])
        self.assertEqual(asked_by_option, ["cache.example"])


if __name__ == "__main__":
    server_test.main()
