"""What `pillion lint` says of the pages of its corpus, beside what promtool and Prometheus say.

They agree, or lint_differences.txt has the reason.
"""
import http.server
import json
import random
import re
import subprocess
import threading
from collections import defaultdict
from pathlib import Path

import http_get
import server_test
from pillion_process import binary
from prometheus_server import PrometheusServer
from sandbox import executable, wait_until

TESTS = Path(__file__).resolve().parent.parent
CORPUS = TESTS / "core" / "lint" / "corpus"
CONTENT_TYPES = {
    ".text": "text/plain; version=0.0.4; charset=utf-8",
    ".openmetrics": "application/openmetrics-text; version=1.0.0; charset=utf-8",
    ".protobuf": "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
                 "encoding=delimited"}
# What promtool's sentences are called here. It says no-help of pages that are broken as well.
PROMTOOL = {
    r"no help text": "no-help",
    r'counter metrics should have "_total" suffix': "counter-suffix",
    r'non-counter metrics should not have "_total" suffix': "total-suffix",
    r'non-histogram metrics should not have "_bucket" suffix': "reserved-suffix",
    r'non-histogram and non-summary metrics should not have "_(count|sum)" suffix':
        "reserved-suffix",
    r'non-(histogram|summary) metrics should not have "(le|quantile)" label': "distribution-label",
    r"metric name should not include type '\w+'": "type-in-name",
    r"metric names should not contain ':'": "colon",
    r"(metric|label) names should be written in 'snake_case' not 'camelCase'": "camel-case",
    r'use base unit "\w+" instead of "\w+"': "base-unit",
    r"metric names should not contain abbreviated units": "abbreviated-unit"}
NAMING = set(PROMTOOL.values())


class Differences:
    """lint_differences.txt: WHO takes|refuses RULE  # reason"""

    def __init__(self, who):
        self._known, self._used = set(), set()
        for line in Path(__file__).with_name("lint_differences.txt").read_text().splitlines():
            fields = line.split("#")[0].split()
            if not fields:
                continue
            if len(fields) != 3 or fields[1] not in ("takes", "refuses") or "#" not in line:
                raise AssertionError(f"wants: WHO takes|refuses RULE  # reason: {line}")
            if fields[0] == who:
                self._known.add((fields[1], fields[2]))

    def explain(self, refused, errors, warnings):
        """Why they do not agree; an empty list if they do or the reason is known."""
        if refused == bool(errors):
            return []
        if refused:
            known = {("refuses", rule) for rule in warnings or {"clean"}} & self._known
            self._used |= known
            return [] if known else [f"refused, and we say {sorted(warnings) or 'clean'}"]
        self._used |= {("takes", rule) for rule in errors} & self._known
        return [f"taken in spite of {rule}" for rule in sorted(errors)
                if ("takes", rule) not in self._known]

    def unused(self):
        return sorted(self._known - self._used)


class LintVerdicts(server_test.ServerTest):
    def lint(self, page, syntax):
        """{rule: lines} of errors and of warnings."""
        done = subprocess.run([binary(), "lint", "--format", syntax, "-"], input=page,
                              capture_output=True, timeout=60, check=False)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        found = {"error": defaultdict(set), "warning": defaultdict(set)}
        for line in done.stdout.decode().splitlines():
            where, severity, rule, _ = re.fullmatch(r"(-:\d+:\d+): (\w+): ([a-z0-9-]+): (.+)",
                                                    line).groups()
            found[severity][rule].add(int(where.split(":")[1]))
        self.assertEqual(done.returncode, 1 if found["error"] else 0)
        return found["error"], found["warning"]

    def promtool(self, page):
        """(whether it could not read the page, {(metric, rule)})"""
        done = subprocess.run([executable("promtool", "prometheus"), "check", "metrics"],
                              input=page, capture_output=True, timeout=60, check=False)
        said = (done.stdout + done.stderr).decode()
        self.assertIn(done.returncode, (0, 1, 3), said)
        if done.returncode == 1:
            return True, set()
        findings = set()
        for line in said.splitlines():
            metric, sentence = line.split(" ", 1)
            rules = [rule for text, rule in PROMTOOL.items() if re.fullmatch(text, sentence)]
            self.assertEqual(len(rules), 1, f"promtool says something new: {line}")
            findings.add((metric, rules[0]))
        return False, findings

    def check_differences(self, who, verdicts):
        """verdicts: {page: whether it was refused}"""
        differences, wrong = Differences(who), []
        for name, refused in sorted(verdicts.items()):
            page = CORPUS / name
            errors, warnings = self.lint(page.read_bytes(), page.suffix[1:])
            wrong += [f"{name}: {text}" for text in differences.explain(refused, errors, warnings)]
        self.assertEqual(wrong, [], f"{who} does not agree, and nobody says why")
        self.assertEqual(differences.unused(), [], "not needed any more")
        print(f"{who}: {len(verdicts)} pages, {sum(verdicts.values())} refused")

    def test_promtool(self):
        verdicts = {}
        for path in sorted(CORPUS.glob("*.text")):
            page = path.read_bytes()
            verdicts[path.name], findings = self.promtool(page)
            errors, warnings = self.lint(page, "text")
            # What it takes for HELP and TYPE is a comment to Prometheus, and to us.
            if not verdicts[path.name] and not errors and "lost-metadata" not in warnings:
                self.assertEqual({rule for _, rule in findings}, set(warnings) & NAMING, path.name)
        self.check_differences("promtool", verdicts)

    def test_names(self):
        """Of thousands of made-up names both find the same."""
        page, names = made_up_page(random.Random(7))
        refused, theirs = self.promtool(page.encode())
        self.assertFalse(refused)
        errors, warnings = self.lint(page.encode(), "text")
        self.assertEqual(dict(errors), {})
        ours = {(names[line], rule) for rule in set(warnings) & NAMING for line in warnings[rule]}
        self.assertEqual(sorted(ours - theirs)[:20], [])
        self.assertEqual(sorted(theirs - ours)[:20], [])
        self.assertEqual({rule for _, rule in ours}, NAMING)
        print(f"{len(set(names.values()))} names, {len(ours)} findings")

    def test_prometheus(self):
        pages = {path.name: path for path in CORPUS.iterdir()}
        address = serve(self, self.sandbox.host, pages)
        prometheus = PrometheusServer(self.sandbox, "".join(
            f'  - job_name: {name}\n    metrics_path: /{name}\n'
            f'    scrape_interval: 5s\n    scrape_timeout: 5s\n'
            f'    static_configs: [{{targets: ["{address}"]}}]\n' for name in pages),
            features=["native-histograms"])

        def scraped():
            answer = http_get.get(prometheus.address, "/api/v1/targets?state=active")
            targets = json.loads(answer.text)["data"]["activeTargets"]
            done = {t["labels"]["job"]: t["lastError"] for t in targets
                    if t["health"] != "unknown" and not re.search("time-?out|deadline", t["lastError"])}
            return all_of(pages, done)

        errors = wait_until("every page was scraped", scraped, alive=[prometheus.process])
        read = wait_until("every scrape is stored", lambda: all_of(
            pages, by_job(prometheus, "scrape_samples_scraped")), alive=[prometheus.process])
        stored = by_job(prometheus, 'count by (job) ({job!="", __name__!~"up|scrape_.*"})')
        verdicts = {}
        for name, path in pages.items():
            # Samples of another time cannot be counted now; a native histogram is one of several.
            countable = path.suffix != ".protobuf" and not re.search("timestamp|name_of_scraper", name)
            lost = countable and not errors[name] and stored.get(name, 0) < read.get(name, 0)
            verdicts[name] = bool(errors[name]) or lost
        self.check_differences("prometheus", verdicts)


def all_of(pages, found):
    return found if len(found) == len(pages) else None


def by_job(prometheus, promql):
    return {dict(labels)["job"]: value for labels, value in prometheus.query(promql).items()}


def serve(test, host, pages):
    """HOST:PORT of a server of the pages."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            page = pages[self.path[1:]]
            body = page.read_bytes()
            self.send_response(200)
            self.send_header("Content-Type", CONTENT_TYPES[page.suffix])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 256

    server = Server((host, 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    test.addCleanup(server.server_close)
    test.addCleanup(server.shutdown)
    return f"{host}:{server.server_port}"


# Of several units in one name promtool picks any, so a made-up name has at most one.
UNITS = """seconds bytes celsius grams joules kelvin kelvins meters metres moles volts amperes minutes
hours days weeks fahrenheit rankine inches yards miles bits calories pounds ounces milliseconds
microseconds nanoseconds kilobytes megabytes kibibytes mebibytes mibibytes gibibytes petabytes picojoules
centimeters decigrams decameters hectoliters teraamperes zettabytes""".split()
WORDS = """total count sum bucket counter gauge summary histogram untyped gauge_histogram s ms us ns sec b
kb mb gb tb pb m h d min mbps secs Kb MS someThing Total x1 io request queue ratio percent info created le
quantile""".split()
LABELS = ["", 'le="1"', 'quantile="0.5"', 'code="x"', 'someLabel="x"', 'aB="x",le="2"', 'A_b="x"']


def made_up_page(pick):
    """A text page, and {line: metric}."""
    lines, names, seen = [], {}, set()
    for i in range(4000):
        words = [pick.choice(WORDS) for _ in range(pick.randint(1, 3))]
        if pick.random() < 0.5:
            words.insert(pick.randint(0, len(words)), pick.choice(UNITS))
        name = "_".join(([f"n{i}"] if pick.random() < 0.9 else []) + words)
        if pick.random() < 0.03:
            name = name.replace("_", ":", 1)
        # A name of its own, also with the suffixes of histograms.
        base = re.sub(r"(_(bucket|count|sum))+$", "", name)
        if base in seen:
            continue
        seen.add(base)
        kind = pick.choice(["counter", "gauge", "untyped", "summary", "histogram", None])
        family = []
        if pick.random() < 0.8:
            family.append(f"# HELP {name} Text.")
        if kind is not None:
            family.append(f"# TYPE {name} {kind}")
        if kind == "histogram":
            family += [f'{name}_bucket{{le="+Inf"}} 1', f"{name}_sum 1", f"{name}_count 1"]
        elif kind == "summary":
            family += [f'{name}{{quantile="0.5"}} 1', f"{name}_sum 1", f"{name}_count 1"]
        else:
            family.append(f"{name}{{{pick.choice(LABELS)}}} 1")
        for line in family:
            lines.append(line)
            names[len(lines)] = name
    return "\n".join(lines) + "\n", names


if __name__ == "__main__":
    server_test.main()
