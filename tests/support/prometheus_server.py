"""Debian's Prometheus, with its storage in the sandbox."""
import json
import os
import re
import time
import urllib.parse

import http_get
from sandbox import executable, unprivileged_user, wait_until


class PrometheusServer:
    def __init__(self, sandbox, scrape_configs, name="prometheus", features=(), rule_files=()):
        """`scrape_configs`: the YAML list below that key."""
        self._user = unprivileged_user()
        home = sandbox.own_dir(name, self._user)
        self.address = f"{sandbox.host}:{sandbox.port()}"
        config = home / "prometheus.yml"
        rules = []
        for file in rule_files:  # the user may not be able to read the tree
            rules.append(home / file.name)
            rules[-1].write_text(file.read_text())
            rules[-1].chmod(0o644)
        config.write_text("global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\n"
                          "  evaluation_interval: 1s\n"
                          f"rule_files: [{', '.join(map(str, rules))}]\n"
                          "scrape_configs:\n" + scrape_configs)
        config.chmod(0o644)
        # At level debug it tells why a scrape failed and which sample it did not take.
        self.process = sandbox.start(name, [
            executable("prometheus", "prometheus"), "--config.file", config,
            "--storage.tsdb.path", home / "data", "--web.listen-address", self.address,
            "--log.level", "debug", "--log.format", "logfmt",
            *(f"--enable-feature={feature}" for feature in features)], cwd=home, user=self._user,
            env={"PATH": os.environ["PATH"], "GOMAXPROCS": "2"})
        wait_until("Prometheus is ready", self._ready, alive=[self.process])

    def _ready(self):
        try:
            return http_get.get(self.address, "/-/ready").status == 200
        except OSError:
            return False

    def _api(self, call, **parameters):
        path = f"/api/v1/{call}?" + urllib.parse.urlencode(parameters)
        answer = http_get.get(self.address, path)
        if answer.status != 200:
            raise AssertionError(f"{parameters}: {answer.text}")
        return json.loads(answer.text)["data"]

    def results(self, promql):
        """An instant query: {labels as a sorted tuple of pairs: value, or native histogram}."""
        return {tuple(sorted(item["metric"].items())):
                item["histogram"][1] if "histogram" in item else float(item["value"][1])
                for item in self._api("query", query=promql)["result"]}

    def query(self, promql):
        """The same where all are values."""
        return {labels: float(value) for labels, value in self.results(promql).items()}

    def rules(self):
        """What it knows of its rules, as its API tells it."""
        return [rule for group in self._api("rules")["groups"] for rule in group["rules"]]

    def samples(self, selector):
        """Of a range such as up[5m]: for each series its [(time, value)]."""
        return [[(at, float(value)) for at, value in item["values"]]
                for item in self._api("query", query=selector)["result"]]

    def exemplars(self, job):
        """{labels of the series: its exemplars} of the last hour, without job and instance."""
        now = time.time()
        found = self._api("query_exemplars", query=f'{{job="{job}"}}', start=now - 3600,
                          end=now + 3600)
        return {tuple(sorted((name, value) for name, value in item["seriesLabels"].items()
                             if name not in ("job", "instance"))): item["exemplars"]
                for item in found}

    def number(self, promql):
        """The value of a query with one result; None without result."""
        found = list(self.query(promql).values())
        return found[0] if len(found) == 1 else None

    def await_scrapes(self, job, count=3):
        """Until each target of the job was scraped so often."""
        wait_until(f"{count} scrapes of {job}", lambda: (self.number(
            f'min(count_over_time(up{{job="{job}"}}[5m]))') or 0) >= count, alive=[self.process])

    def complaints(self):
        """What its log says against what it scraped."""
        about = re.compile(r'component="scrape manager"|msg="(Scrape failed|Append failed)|parse err')
        bad = re.compile(r'level=(warn|error)|msg="(Scrape failed|Append failed)'
                         r'|Out of order|[Dd]uplicate|parse err|Error on ingesting')
        return [line for line in self.process.log_text().splitlines()
                if about.search(line) and bad.search(line)]
