"""What an operator lets through, and what a scrape may ask for, beside real databases."""
import json

import http_get
import server_test
from both_databases import BothDatabases

FILTERS = """
keep = ["redis_.*"]
drop = ["redis_commands_.*"]
family_series_max = 3
[[exporters.cache.rules]]
families = "redis_db_(.*)"
rename = 'cache_\\1'
add_labels = { team = "payments" }
[[exporters.cache.rules]]
families = "redis_instance_info"
drop_labels = ["os", "redis_build_id"]
"""


class Filters(BothDatabases):
    def setUp(self):
        super().setUp()
        self.start_databases()

    def test_rules(self):
        for number in range(1, 6):
            self.redis.command("COPY", "key", "key", "DB", str(number))
        pillion = self.start_pillion(cache=FILTERS)
        page = pillion.page()
        self.assert_up(page)
        self.assertEqual(page.names("redis_commands_"), set())
        self.assertEqual(page.names("redis_db_"), set())
        self.assertEqual(page.value("cache_keys", db="db0", team="payments"), 1)
        self.assertEqual(len(page.values("cache_keys")), 3, "cut to the budget")
        (info,) = page.values("redis_instance_info")
        self.assertNotIn("os", dict(info))
        self.assertIn("redis_version", dict(info))
        self.assertGreater(pillion.counter("pillion_samples_dropped_total", instance_name="cache",
                                           reason="limit"), 0)
        self.assertIn("pg_stat_database_xact_commit", page.names("pg_"))
        status = json.loads(http_get.get(pillion.admin_address, "/status.json").text)
        cache = next(i for i in status["instances"] if i["name"] == "cache")
        self.assertIn("over the budget", cache["last_drop"])
        self.assertEqual(cache["largest_families"][0]["series"], 3)

    def test_queries(self):
        pillion = self.start_pillion()
        whole = pillion.page()
        page = pillion.page("/metrics?exporter=redis")
        self.assertEqual(page.names("pg_"), set())
        self.assertEqual(page.names("pillion_build"), set())
        self.assertEqual(page.names("redis_"), whole.names("redis_"))
        page = pillion.page("/metrics?name[]=pg_up&name[]=redis_up")
        self.assertEqual(page.names(), {"pg_up", "redis_up"})
        page = pillion.page("/metrics/orders_db?collect[]=wal")
        self.assertEqual({name for name in page.names("pg_") if name.startswith("pg_stat_")}, set())
        self.assertEqual(page.value("pg_up"), 1)
        self.assertLess(0, len(page.names("pg_wal")))
        page = pillion.page("/metrics/orders_db?exclude[]=wal")
        self.assertEqual(page.names("pg_wal_"), set())
        self.assertLess(0, len(page.names("pg_stat_")))
        for path, words in [("/metrics?collect[]=wall", "no collector `wall`; there are: "),
                            ("/metrics?collect[]=wal&exclude[]=wal", "can't be combined"),
                            ("/metrics?name[]=%zz", "%-escape")]:
            answer = pillion.get(path)
            self.assertEqual(answer.status, 400, path)
            self.assertIn(words, answer.text)

    def test_page_limits(self):
        pillion = self.start_pillion(top="[http]\npage_series_max = 500\n")
        page = pillion.page()
        self.assert_up(page)
        self.assertLessEqual(len(page.series()), 500)
        self.assertTrue(pillion.log(msg="samples left out of the page", reason="limit"))
        status = json.loads(http_get.get(pillion.admin_address, "/status.json").text)
        self.assertIn("does not fit the limits of a page", status["left_out"][0])


if __name__ == "__main__":
    server_test.main()
