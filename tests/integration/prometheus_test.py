"""Debian's Prometheus scrapes the sidecar, and what promtool says of its page."""
import time
from pathlib import Path

import server_test
from both_databases import BothDatabases
from page import parse_openmetrics, parse_text
from prometheus_server import PrometheusServer
from sandbox import executable

SAMPLES_MIN = 500
ONLY_OPENMETRICS = {"Accept": "application/openmetrics-text;version=1.0.0"}
AS_PROMETHEUS = {"Accept": "application/openmetrics-text;version=1.0.0,"
                           "application/openmetrics-text;version=0.0.1;q=0.75,"
                           "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"}
FORCED_BY_PEERS = Path(__file__).with_name("promtool_findings.txt")


def static_config(job, address):
    return f"""  - job_name: {job}
    static_configs: [{{targets: ["{address}"]}}]
"""


# Redis has a bucket for a latency once it was seen: one poll may have one more than the last.
COMES_WITH_TIME = "redis_commands_latencies_usec_bucket"


def stable(page):
    """Its series, but for those that a later page may have more of."""
    return {key for key in page.series() if key[0] != COMES_WITH_TIME}


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

    def test_same_series_in_every_format(self):
        """A name never depends on the format, by a strict reader and as Prometheus takes it in."""
        sidecars = {mode: self.start_pillion(f'[http]\nopenmetrics = "{mode}"\n', name=mode)
                    for mode in ("auto", "always", "never")}
        self.warm_up(*sidecars.values())
        formats = {}
        for mode, sidecar in sidecars.items():
            for path in ("/metrics", "/metrics/orders_db", "/metrics/cache", "/metrics/pillion"):
                plain = stable(parse_text(sidecar.get(path).text))
                opened = stable(parse_openmetrics(sidecar.get(path, ONLY_OPENMETRICS).text))
                self.assertEqual(plain ^ opened, set(), (mode, path))
                answer = sidecar.get(path, AS_PROMETHEUS)
                formats[mode, path] = answer.headers["content-type"].split(";")[0]
                parse = parse_text if formats[mode, path] == "text/plain" else parse_openmetrics
                self.assertEqual(plain ^ stable(parse(answer.text)), set(), (mode, path))
        print("\n".join(f"openmetrics={mode} {path}: {format}"
                        for (mode, path), format in formats.items()))
        self.assertEqual(formats["never", "/metrics"], "text/plain")
        self.assertEqual(formats["always", "/metrics"], "application/openmetrics-text")

        prometheus = PrometheusServer(self.sandbox, "".join(
            static_config(mode, sidecar.address) for mode, sidecar in sidecars.items()))
        for mode in sidecars:
            prometheus.await_scrapes(mode)
        series = {mode: self.series_of(prometheus, mode) for mode in sidecars}
        self.assertGreater(len(series["never"]), SAMPLES_MIN)
        self.assertEqual(series["always"] ^ series["never"], set())
        self.assertEqual(series["auto"] ^ series["never"], set())
        self.assertEqual(prometheus.complaints(), [])

    @staticmethod
    def series_of(prometheus, job):
        """{name and labels} of what the page had, without what Prometheus adds."""
        found = prometheus.query(f'{{job="{job}", __name__!~"up|scrape_.*|{COMES_WITH_TIME}"}}')
        return {tuple(pair for pair in labels if pair[0] not in ("job", "instance"))
                for labels in found}

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
