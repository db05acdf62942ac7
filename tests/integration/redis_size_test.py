"""A large Redis: thousands of clients, a million keys."""
import re
import resource
import socket

import server_test
from pillion_process import Pillion, toml
from redis_server import RedisServer
from sandbox import wait_until

CLIENTS = 2_000
NAMES = 40  # of clients
KEYS = 1_000_000
SMALL_KEYS = 9_000  # those with four digits
SCAN_SECONDS_MAX = 200  # a hang; under AddressSanitizer it takes some seconds
SCRAPES = 5


class RedisSize(server_test.ServerTest):
    def start_pillion(self, options, name="pillion"):
        pillion = Pillion(self.sandbox, name=name, config=f"""
[exporters.redis]
type = "redis"
address = {toml(self.redis.tcp_address)}
freshness = "0s"
timeout = "60s"
prefetch = false
{options}
""")
        self.addCleanup(pillion.process.kill)
        return pillion

    def page(self, pillion):
        page = pillion.page(timeout=60)
        self.assertEqual(page.value("redis_up"), 1)
        return page

    # ---- clients -------------------------------------------------------------------------------

    def connect_clients(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft < CLIENTS + 100:
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(CLIENTS + 100, hard), hard))
        for i in range(CLIENTS):
            client = socket.create_connection(self.redis.address)
            self.addCleanup(client.close)
            client.sendall(f"CLIENT SETNAME app-{i % NAMES}\r\n".encode())
            self.assertEqual(client.recv(16), b"+OK\r\n")

    def test_two_thousand_clients(self):
        self.redis = RedisServer(self.sandbox)
        self.connect_clients()
        grouped = self.start_pillion("collectors = { clients = true }")
        each = self.start_pillion('client_series = "each"\nclients_max = 1500\n'
                                  "collectors = { clients = true }", name="each")
        sides = (grouped, each)
        for pillion in sides:
            self.page(pillion)
        connections = self.redis.connections()
        for _ in range(SCRAPES):
            pages = [self.page(pillion) for pillion in sides]
        self.assertEqual(self.redis.connections(), connections, "a scrape connects anew")

        groups = {dict(labels)["name"]: count for labels, count in
                  pages[0].values("redis_client_group_connections").items()}
        ours = {name: count for name, count in groups.items() if name.startswith("app-")}
        self.assertEqual(ours, {f"app-{i}": CLIENTS / NAMES for i in range(NAMES)})
        self.assertEqual(groups["pillion"], len(sides))
        # The 1,500 that are shown one by one, and the rest by number.
        self.assertEqual(len(pages[1].values("redis_connected_client_info")), 1500)
        connected = pages[1].value("redis_connected_clients")
        self.assertEqual(pages[1].value("redis_connected_clients_left_out"), connected - 1500)

    # ---- keys ----------------------------------------------------------------------------------

    def test_a_million_keys_in_groups(self):
        self.redis = RedisServer(self.sandbox, options=["--enable-debug-command", "local"])
        self.redis.command("DEBUG", "POPULATE", KEYS, "key", 8)
        pillion = self.start_pillion('check_key_groups = ["^(key):%d%d%d%d$", "^(key:)%d+$"]\n'
                                     "scan_commands_per_second = 10_000_000\n"
                                     'scan_time = "2s"\n'
                                     'collectors = { key_groups = { every = "100ms" } }')
        seen = {}

        def complete():
            """Each scrape in between is answered, whatever the scan does."""
            page = self.page(pillion)
            counts = page.values("redis_key_group_count", db="db0")
            seen.update((dict(labels)["key_group"], count) for labels, count in counts.items())
            if not seen:
                return False
            self.assertGreaterEqual(page.value("redis_key_groups_scan_keys"), KEYS)
            self.assertGreater(page.value("redis_key_groups_scan_timestamp_seconds"),
                               page.value("redis_start_time_seconds") - 1)
            return True
        wait_until("the scan has seen every key", complete, SCAN_SECONDS_MAX,
                   alive=[pillion.process])
        self.assertEqual(seen, {"key": SMALL_KEYS, "key:": KEYS - SMALL_KEYS})
        self.assertEqual(self.redis.connections(), 2, "one for scrapes, one for the scan")
        calls = dict(re.findall(r"^cmdstat_(\S+?):calls=(\d+)",
                                self.redis.command("INFO", "commandstats"), re.MULTILINE))
        self.assertNotIn("keys", calls)
        self.assertGreaterEqual(int(calls["scan"]), KEYS // 1000)
        # MEMORY USAGE of each key once, of a few twice: the table grows while it is walked.
        self.assertLess(int(calls["memory|usage"]), 2.2 * KEYS)


if __name__ == "__main__":
    server_test.main()
