"""`pillion lint` on pages of a running sidecar, of files and of servers that are wrong."""
import http.server
import os
import threading

import server_test
from both_databases import BothDatabases
from pillion_process import run

GOOD = "# HELP a_total Text.\n# TYPE a_total counter\na_total 1\n"
STYLE = "# TYPE a gauge\na 1\n"  # no HELP
BAD = "# HELP a Text.\n# TYPE a gauge\na 1\na 2\n"


class LintCommand(BothDatabases):
    def lint(self, *arguments, code=0, stdin=""):
        done = run(self.sandbox, "lint", *arguments, stdin=stdin)
        self.assertEqual(done.returncode, code, f"{arguments}\n{done.stdout[-2000:]}{done.stderr}")
        return done

    def serve(self, body, content_type="text/plain; version=0.0.4", status=200, **headers):
        """The URL of a server that always answers so; what it was asked is in self.asked."""
        test = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                test.asked = (self.path, self.headers)
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer((self.sandbox.host, 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return f"http://{self.sandbox.host}:{server.server_port}"

    def test_sidecar(self):
        """Every page of ours is without an error in every format, by TCP and by unix socket."""
        self.start_databases()
        socket = self.sandbox.dir / "scrape.sock"
        pillion = self.start_pillion('[http]\nopenmetrics = "always"\n', listen=f"unix:{socket}",
                                     arguments=["--listen", "127.0.0.1:0"])
        tcp = next(a for a in pillion.scrape_addresses if not a.startswith("unix:"))
        for path in ("/metrics", "/metrics/orders_db", "/metrics/cache", "/metrics/pillion"):
            for format in ("auto", "text", "openmetrics", "protobuf"):
                for url in (f"http://{tcp}{path}", f"unix:{socket}:{path}"):
                    self.lint("--errors-only", "--format", format, url)
        self.lint("--warnings-as-errors", f"http://{tcp}/metrics", code=1)

    def test_files(self):
        pages = {name: self.sandbox.dir / name for name in ("good", "style", "bad")}
        for path, text in zip(pages.values(), (GOOD, STYLE, BAD)):
            path.write_text(text)
        self.assertEqual(self.lint(pages["good"]).stdout, "")
        self.assertEqual(self.lint(pages["style"]).stdout,
                         f"{pages['style']}:1:1: warning: no-help: a has no HELP text\n")
        self.lint("--warnings-as-errors", pages["style"], code=1)
        self.assertEqual(self.lint("--errors-only", "--warnings-as-errors", pages["style"]).stdout, "")
        self.assertIn(":4:1: error: duplicate-series: ", self.lint(pages["bad"], code=1).stdout)
        self.assertIn("-:4:1: error: ", self.lint("-", stdin=BAD, code=1).stdout)
        # The worst of several counts, and all are looked at.
        done = self.lint("/nowhere", pages["bad"], code=2)
        self.assertIn("/nowhere: No such file", done.stderr)
        self.assertIn("duplicate-series", done.stdout)
        self.lint("--format", "openmetrics", pages["good"], code=1)
        self.lint("--format", "protobuf", pages["good"], code=1)

    def test_servers(self):
        self.lint(self.serve(GOOD))
        self.assertEqual(self.asked[0], "/metrics")
        self.assertIn("openmetrics", self.asked[1]["Accept"])
        self.assertEqual(self.asked[1]["Accept-Encoding"], "identity")
        self.lint("--format", "text", self.serve(GOOD) + "/x?y[]=z")
        self.assertEqual(self.asked[0], "/x?y[]=z")
        self.assertNotIn("openmetrics", self.asked[1]["Accept"])
        # The Content-Type counts, not what the page looks like.
        self.lint(self.serve(GOOD, "application/openmetrics-text; version=1.0.0"), code=1)
        for url in (self.serve(GOOD, "text/html"), self.serve(GOOD, status=503),
                    self.serve(GOOD, Content_Encoding="gzip"), self.serve(GOOD, Content_Length=1000),
                    "http://127.0.0.1:1", "https://127.0.0.1/", "unix:/nowhere.sock"):
            self.assertIn(url, self.lint(url, code=2).stderr)
        self.assertIn("asked for protobuf", self.lint("--format", "protobuf", self.serve(GOOD),
                                                      code=2).stderr)

    def test_pipes(self):
        """What is read from a pipe is waited for, a pipe without a writer is not."""
        pipe = self.sandbox.dir / "pipe"
        os.mkfifo(pipe)
        self.assertEqual(self.lint(pipe, code=2).stderr, f"{pipe}: a pipe that nobody writes to\n")
        done = run(self.sandbox, "check", "--config", pipe)
        self.assertEqual(done.returncode, 2)
        self.assertIn(f"{pipe}: cannot be read: a pipe that nobody writes to", done.stderr)
        queries = self.sandbox.dir / "queries.toml"
        queries.write_text(f'[exporters.postgres]\nqueries_file = "{pipe}"\n')
        done = run(self.sandbox, "check", "--config", queries)
        self.assertIn(f"cannot read {pipe}: it is no regular file", done.stderr)
        keeps = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, keeps)
        writing = open(pipe, "w")
        long = GOOD + "# Text.\n" * 50_000  # more than a pipe holds

        def write():
            with writing:
                writing.write(long)
        writer = threading.Thread(target=write)
        writer.start()
        self.assertEqual(self.lint("--errors-only", pipe).stdout, "")
        writer.join()
        self.lint("-", stdin="")

    def test_usage(self):
        self.lint(code=2)
        self.lint("--format", "json", "-", code=2)
        self.lint("--timeout", "soon", "-", code=2)
        rules = self.lint("--list-rules").stdout.splitlines()
        self.assertGreater(len(rules), 60)
        self.assertTrue(any(line.startswith("duplicate-series ") for line in rules))


if __name__ == "__main__":
    server_test.main()
