"""Debian's Prometheus takes the same series in from every format, and more from protobuf.

Another Prometheus is tested by putting its directory first in PATH: 2.53.3 passes all of it. 3.5.3
does but for quantiles above 1, as of redis_latency_percentiles_usec: it writes the quantiles of
summaries anew (50 as 50.0), and only text and protobuf can say that these are a summary's.
"""
import json
import os
import re
import time
import urllib.parse

import http_get
import protobuf_page
import server_test
from both_databases import BothDatabases
from page import parse_openmetrics, parse_text
from pillion_process import Pillion
from prometheus_server import PrometheusServer
from sandbox import executable, unprivileged_user, wait_until

ONLY = {"text": "text/plain", "openmetrics": "application/openmetrics-text;version=1.0.0",
        "protobuf": "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
                    "encoding=delimited"}
# Redis has a bucket for a latency once it was seen: one poll may have one more than the last.
COMES_WITH_TIME = "redis_commands_latencies_usec_bucket"
NATIVE = {"every_native_seconds": 2, "every_floats_seconds": 1, "every_empty_seconds": 1,
          "every_depth_bytes": 1}
OF_NATIVE = re.compile(f"({'|'.join(NATIVE)})(_bucket|_sum|_count|_gsum|_gcount)?")


def static_config(job, address):
    return f"""  - job_name: {job}
    static_configs: [{{targets: ["{address}"]}}]
"""


def values(page):
    return {key: value for f in page.families.values() for key, value in f.samples.items()}


class Formats(BothDatabases):
    def start_every_type(self, openmetrics, name):
        sidecar = Pillion(self.sandbox, f"""self = "off"
[http]
openmetrics = "{openmetrics}"
[exporters.every]
type = "every_type"
freshness = "1h"
""", name=name, arguments=["--plugin-dir", os.environ["PILLION_TEST_MODULES"]])
        self.addCleanup(sidecar.process.kill)
        return sidecar

    @staticmethod
    def pages(sidecar, path="/metrics"):
        """One page in each format."""
        def body(format):
            answer = sidecar.get(path, {"Accept": ONLY[format]})
            if not answer.headers["content-type"].startswith(ONLY[format].split(";")[0]):
                raise AssertionError(answer.headers)
            return answer.body
        return (parse_text(body("text").decode()), parse_openmetrics(body("openmetrics").decode()),
                protobuf_page.parse_protobuf(body("protobuf")))

    @staticmethod
    def ingested(prometheus, job):
        """{name and labels: value or histogram} of what a job's page had."""
        query = f'{{job="{job}", __name__!~"up|scrape_.*|{COMES_WITH_TIME}"}}'
        found = {}
        for labels, value in prometheus.results(query).items():
            found[tuple(pair for pair in labels if pair[0] not in ("job", "instance"))] = value
        return found

    def prometheus_of(self, sidecars, features, name):
        prometheus = PrometheusServer(self.sandbox, "".join(
            static_config(job, sidecar.address) for job, sidecar in sidecars.items()),
            name=name, features=features)
        for job in sidecars:
            prometheus.await_scrapes(job)
        self.assertEqual(prometheus.complaints(), [])
        return prometheus

    def test_databases(self):
        """The full pages of PostgreSQL and Redis, with the sidecar's own metrics."""
        protobuf_page.need()
        self.start_databases()
        sidecars = {format: self.start_pillion(f'[http]\nopenmetrics = "{mode}"\n', name=format)
                    for format, mode in (("text", "never"), ("openmetrics", "always"),
                                         ("protobuf", "auto"))}
        for _ in range(3):  # what the polls themselves add to a page is there
            for sidecar in sidecars.values():
                self.pages(sidecar)
            time.sleep(0.2)
        for path in ("/metrics", "/metrics/orders_db", "/metrics/cache", "/metrics/pillion"):
            pages = [{key for key in values(page) if key[0] != COMES_WITH_TIME}
                     for page in self.pages(sidecars["protobuf"], path)]
            self.assertEqual(pages[0] ^ pages[1], set(), path)
            self.assertEqual(pages[0] ^ pages[2], set(), path)

        plain = self.prometheus_of({f: sidecars[f] for f in ("text", "openmetrics")}, [], "plain")
        native = self.prometheus_of({"protobuf": sidecars["protobuf"]}, ["native-histograms"],
                                    "native")
        served = {format: sidecar.page("/metrics/pillion").value(
            "pillion_scrape_duration_seconds_count", format=format)
            for format, sidecar in sidecars.items()}
        self.assertTrue(all(count > 5 for count in served.values()), served)
        series = {"text": set(self.ingested(plain, "text")),
                  "openmetrics": set(self.ingested(plain, "openmetrics")),
                  "protobuf": set(self.ingested(native, "protobuf"))}
        self.assertGreater(len(series["text"]), 500)
        self.assertEqual(series["text"] ^ series["openmetrics"], set())
        self.assertEqual(series["text"] ^ series["protobuf"], set())
        print({format: len(found) for format, found in series.items()})

    def test_every_type(self):
        protobuf_page.need()
        sidecars = {"text": self.start_every_type("never", "text"),
                    "openmetrics": self.start_every_type("always", "openmetrics")}
        native_sidecar = {"protobuf": self.start_every_type("auto", "protobuf")}
        features = ["exemplar-storage"]
        plain = self.prometheus_of(sidecars, features, "plain")
        native = self.prometheus_of(native_sidecar, [*features, "native-histograms"], "native")
        text, openmetrics = self.ingested(plain, "text"), self.ingested(plain, "openmetrics")
        protobuf = self.ingested(native, "protobuf")

        def classic(found):
            return {key: value for key, value in found.items()
                    if not OF_NATIVE.fullmatch(dict(key)["__name__"])}
        self.assert_same(text, openmetrics)
        self.assert_same(classic(protobuf), classic(text))
        self.assertGreater(len(classic(text)), 50)
        self.check_histograms({key: value for key, value in protobuf.items()
                               if key not in classic(protobuf)}, text)
        self.check_exemplars(plain, native)

    def assert_same(self, one, other):
        """The exporter's series; what the host adds has times of its own."""
        keys = {key for key in {**one, **other} if dict(key)["__name__"].startswith("every_")}
        differing = {key: (one.get(key), other.get(key)) for key in keys
                     if repr(one.get(key)) != repr(other.get(key))}  # NaN is not equal to itself
        self.assertEqual(differing, {})

    def check_histograms(self, natives, text):
        """What Prometheus took in as native histograms are those of text with all their buckets."""
        names = [dict(key)["__name__"] for key in natives]
        self.assertEqual({name: names.count(name) for name in names}, NATIVE)
        for key, histogram in natives.items():
            labels = dict(key)
            name = labels.pop("__name__")
            gauge = "g" if name == "every_depth_bytes" else ""
            def shown(suffix):
                return text[tuple(sorted({"__name__": name + suffix, **labels}.items()))]
            self.assertEqual(float(histogram["count"]), shown(f"_{gauge}count"), key)
            self.assertEqual(float(histogram["sum"]), shown(f"_{gauge}sum"), key)
            total = 0
            for _, lower, upper, count in histogram.get("buckets", []):
                total += float(count)
                bound = tuple(sorted({"__name__": name + "_bucket", **labels,
                                      "le": protobuf_page.go_float(float(upper))}.items()))
                self.assertAlmostEqual(text[bound], total, msg=bound)
            self.assertEqual(total, float(histogram["count"]), key)

    def check_exemplars(self, plain, native):
        """{series: exemplars}: text has none, the others the same but for native histograms."""
        text, openmetrics = plain.exemplars("text"), plain.exemplars("openmetrics")
        protobuf = native.exemplars("protobuf")
        self.assertEqual(text, {})
        def names(found):
            return sorted(dict(series)["__name__"] for series in found)
        self.assertEqual(names(openmetrics), ["every_duration_seconds_bucket",
                                              "every_requests_total"])
        self.assertEqual(names(protobuf), ["every_duration_seconds_bucket",
                                           "every_native_seconds", "every_requests_total"])
        def told(found):
            return {series: [(e["labels"], float(e["value"])) for e in exemplars]
                    for series, exemplars in found.items()}
        in_both = {series: exemplars for series, exemplars in told(protobuf).items()
                   if series in openmetrics}
        self.assertEqual(in_both, told(openmetrics))
        for exemplars in [*openmetrics.values(), *protobuf.values()]:
            self.assertEqual([round(e["timestamp"] * 1000) % 1000 for e in exemplars], [125])

    def test_vmagent(self):
        """VictoriaMetrics' scraper, which asks for text alone."""
        vmagent = executable("vmagent", "victoria-metrics")
        sidecar = self.start_every_type("auto", "every")
        config = self.sandbox.dir / "vmagent.yml"
        config.write_text("global: {scrape_interval: 1s}\nscrape_configs:\n"
                          + static_config("every", sidecar.address))
        address = f"{self.sandbox.host}:{self.sandbox.port()}"
        data = self.sandbox.own_dir("vmagent", unprivileged_user())
        process = self.sandbox.start("vmagent", [
            vmagent, f"-promscrape.config={config}", f"-httpListenAddr={address}",
            f"-remoteWrite.tmpDataPath={data}", "-remoteWrite.url=http://127.0.0.1:1/"])

        def target():
            try:
                answer = http_get.get(address, "/api/v1/targets")
            except OSError:
                return None
            found = json.loads(answer.text)["data"]["activeTargets"]
            return found[0] if found and found[0]["lastSamplesScraped"] else None
        found = wait_until("vmagent has scraped", target, alive=[process])
        self.assertEqual((found["health"], found["lastError"]), ("up", ""))
        text = parse_text(sidecar.get("/metrics", {"Accept": ONLY["text"]}).text)
        self.assertEqual(found["lastSamplesScraped"], len(values(text)))

    def test_names_of_any_kind(self):
        """As Prometheus 3 asks, and as older ones do."""
        sidecar = self.start_every_type("auto", "every")
        def lines(accept):
            answer = sidecar.get("/metrics", {"Accept": accept})
            return answer.headers["content-type"], [
                line for line in answer.text.splitlines() if "dotted" in line and line[0] != "#"]
        self.assertEqual(lines("text/plain;version=0.0.4"), (
            "text/plain; version=0.0.4; charset=utf-8",
            ['every_dotted_name{my_label="x",plain="y"} 1']))
        for version in ("0.0.4", "1.0.0"):
            self.assertEqual(lines(f"text/plain;version={version};escaping=allow-utf-8"), (
                f"text/plain; version={version}; charset=utf-8; escaping=allow-utf-8",
                ['{"every.dotted.name","my.label"="x",plain="y"} 1']))
        self.assertEqual(lines("text/plain;escaping=values")[1],
                         ['U__every_2e_dotted_2e_name{U__my_2e_label="x",plain="y"} 1'])
        self.assertEqual(lines("text/plain;escaping=dots")[1],
                         ['every_dot_dotted_dot_name{my_dot_label="x",plain="y"} 1'])
        query = urllib.parse.urlencode({"name[]": "every.dotted.name"})
        answer = sidecar.get(f"/metrics?{query}", {"Accept": ONLY["text"]})
        self.assertEqual(list(values(parse_text(answer.text))),
                         [("every_dotted_name", (("my_label", "x"), ("plain", "y")))])

    def test_head_tells_the_length(self):
        sidecar = self.start_every_type("auto", "every")
        for accept in ONLY.values():
            for encoding in ("identity", "gzip", "zstd"):
                headers = {"Accept": accept, "Accept-Encoding": encoding}
                got = sidecar.get("/metrics", headers)
                head = http_get.Request(sidecar.address, "/metrics", headers,
                                        method="HEAD").answer()
                self.assertEqual(head.body, b"")
                self.assertEqual(head.headers["content-length"], str(len(got.body)))
                self.assertEqual(head.headers["content-type"], got.headers["content-type"])
                self.assertEqual(got.headers["vary"], "Accept, Accept-Encoding")
                self.assertEqual(got.headers.get("content-encoding", "identity"), encoding)


if __name__ == "__main__":
    server_test.main()
