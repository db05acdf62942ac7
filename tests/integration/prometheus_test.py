"""Debian's Prometheus scrapes the sidecar, and what promtool says of its page."""
import time
from pathlib import Path

import server_test
from both_databases import BothDatabases
from prometheus_server import PrometheusServer
from sandbox import executable

SAMPLES_MIN = 500
FORCED_BY_PEERS = Path(__file__).with_name("promtool_findings.txt")


def static_config(job, address):
    return f"""  - job_name: {job}
    static_configs: [{{targets: ["{address}"]}}]
"""


class Prometheus(BothDatabases):
    def setUp(self):
        super().setUp()
        self.start_databases()

    @staticmethod
    def warm_up(*sidecars):
        """What the polls themselves add to a page, such as counts of their commands, is there."""
        for _ in range(3):
            for sidecar in sidecars:
                sidecar.page()
            time.sleep(0.2)

    def test_scrape(self):
        pillion = self.start_pillion()
        prometheus = PrometheusServer(self.sandbox, static_config("pillion", pillion.address))
        prometheus.await_scrapes("pillion", 5)
        for metric in ("up", "pg_up", "redis_up"):
            self.assertEqual(prometheus.number(f'min_over_time({metric}{{job="pillion"}}[5m])'), 1)
        self.assertGreater(prometheus.number("scrape_samples_scraped"), SAMPLES_MIN)
        self.assertEqual(prometheus.number("scrape_samples_scraped"),
                         prometheus.number("scrape_samples_post_metric_relabeling"))
        self.assertTrue(prometheus.query('pg_stat_database_xact_commit{datname="postgres"}'))
        self.assertGreater(prometheus.number("increase(redis_commands_processed_total[5m])"), 0)
        self.assertEqual(prometheus.complaints(), [])
        print(f"{prometheus.number('scrape_samples_scraped'):.0f} samples a scrape")

    def test_service_discovery(self):
        """Each instance as a target of its own, found through /sd."""
        pillion = self.start_pillion()
        prometheus = PrometheusServer(self.sandbox, f"""  - job_name: found
    http_sd_configs: [{{url: "http://{pillion.address}/sd"}}]
    relabel_configs:
      - {{source_labels: [__meta_pillion_instance_name], target_label: part}}
""")
        prometheus.await_scrapes("found")
        ups = {dict(labels)["part"]: up for labels, up in prometheus.query("up").items()}
        self.assertEqual(ups, {"orders_db": 1, "cache": 1, "pillion": 1})
        self.assertEqual(prometheus.number('pg_up{part="orders_db"}'), 1)
        self.assertEqual(prometheus.number('redis_up{part="cache"}'), 1)
        self.assertEqual(prometheus.number('pillion_build_info{part="pillion"}'), 1)
        self.assertGreater(prometheus.number("sum(scrape_samples_scraped)"), SAMPLES_MIN)
        self.assertEqual(prometheus.complaints(), [])

    def test_promtool(self):
        """Findings only where the peers' names force them: a list that may only shrink."""
        promtool = executable("promtool", "prometheus")
        pillion = self.start_pillion()
        self.warm_up(pillion)
        done = self.sandbox.run([promtool, "check", "metrics"], stdin=pillion.get().text,
                                check=False)
        findings = sorted(set((done.stdout + done.stderr).splitlines()))
        forced = [line for line in FORCED_BY_PEERS.read_text().splitlines()
                  if line and not line.startswith("#")]
        self.assertEqual([line for line in findings if line not in forced], [],
                         "new findings of promtool")
        self.assertEqual([line for line in forced if line not in findings], [],
                         f"not needed any more: to be taken out of {FORCED_BY_PEERS.name}")
        self.assertEqual([line for line in forced if line.startswith("pillion_")], [])


if __name__ == "__main__":
    server_test.main()
