"""What a release build has in memory; only there are its tests, see CMakeLists.txt and .ci/run."""
import server_test
from pillion_process import Pillion
from redis_server import RedisServer

SCRAPES = 200
# 6.4 to 6.8 and 6.8 to 7.1 in some runs: what of the libraries is mapped is up to the kernel.
REDIS_ONLY_RSS_MAX = {"plain": 7_200_000, "gzip": 7_600_000}


class Memory(server_test.ServerTest):
    def test_redis_alone(self):
        for encoding, headers in (("plain", {}), ("gzip", {"Accept-Encoding": "gzip"})):
            with self.subTest(encoding):
                redis = RedisServer(self.sandbox, name=f"redis_{encoding}")
                pillion = Pillion(self.sandbox, f"""
[exporters.cache]
type = "redis"
address = "{redis.tcp_address}"
freshness = "0s"
""", name=f"pillion_{encoding}")
                self.assertEqual(pillion.page().value("redis_up"), 1)
                for _ in range(SCRAPES):
                    self.assertEqual(pillion.get(headers=headers).status, 200)
                resident = pillion.memory()
                print(f"{encoding}: {resident / 1e6:.2f} MB resident after {SCRAPES} scrapes")
                self.assertLess(resident, REDIS_ONLY_RSS_MAX[encoding])


if __name__ == "__main__":
    server_test.main()
