"""Commands and their exit codes, and that no secret is ever shown."""
import json
import os
import signal
import subprocess

import server_test
from both_databases import PASSWORD, BothDatabases
from http_get import get
from page import parse_openmetrics, parse_text
from pillion_process import Pillion, binary, run, toml


class Commands(BothDatabases):
    def command(self, *arguments, code=0, **more):
        done = run(self.sandbox, *arguments, **more)
        self.assertEqual(done.returncode, code, f"{arguments}\n{done.stdout[-2000:]}{done.stderr}")
        for marker in (PASSWORD, "SECRET"):
            self.assertNotIn(marker, done.stdout + done.stderr)
        return done

    def write(self, name, text):
        path = self.sandbox.dir / name
        path.write_text(text)
        return path

    def test_scrape_and_check(self):
        self.start_databases()
        config = self.write("good.toml", self.config())
        self.assert_up(parse_text(self.command("scrape", "--config", config).stdout))
        open_page = self.command("scrape", "--config", config, "--format", "openmetrics").stdout
        self.assert_up(parse_openmetrics(open_page))
        alone = parse_text(self.command("scrape", "-c", config, "--instance", "cache").stdout)
        self.assertEqual(alone.value("redis_up"), 1)
        self.assertEqual(alone.names("pg_"), set())
        self.command("scrape", "-c", config, "--instance", "nobody", code=2)
        self.command("check", "--config", config)
        self.command("check", "--config", config, "--connect")
        self.redis.stop()
        page = parse_text(self.command("scrape", "--config", config, code=1).stdout)
        self.assert_up(page, cache=0)
        self.command("check", "--config", config)  # looks at no target
        told = self.command("check", "--config", config, "--connect", code=2).stderr
        self.assertRegex(told, r"exporters\.cache: its target cannot be asked: refused: ")

    def test_list_and_describe(self):
        listed = self.command("list").stdout
        for exporter in ("postgres", "redis"):
            self.assertRegex(listed, rf"(?m)^{exporter} ")
            self.assertIn(f"{'pg' if exporter == 'postgres' else exporter}_up",
                          self.command("describe", exporter).stdout)
            self.assertIn("|", self.command("describe", exporter, "--markdown").stdout)
        self.assertIn("postgres", self.command("describe", "postgre", code=2).stderr)

    def test_usage(self):
        self.command("--help")
        self.command("serve", "--help")
        self.command("--version")
        self.assertIn("redis_exporter", self.command("compat", "--help").stdout)
        self.command(code=2)
        self.command("nonsense", code=2)
        self.command("serve", "--nonsense", code=2)
        self.command("scrape", code=2)

    def test_health(self):
        pillion = Pillion(self.sandbox, arguments=[
            "--exporter", "redis=127.0.0.1:1", "--listen", f"unix:{self.sandbox.dir}/s"])
        for address in pillion.scrape_addresses:
            self.command("health", "--address", address)
        self.command("health", env={"PILLION_LISTEN": pillion.address})
        config = self.write("c.toml", f"[http]\nlisten = [{toml(pillion.address)}]\n")
        self.command("health", "--config", config)
        broken = self.write("later.toml", f"[http]\nlisten = [{toml(pillion.address)}]\nnews = 1\n"
                            "[exporters.added]\ntype = 'unheard_of'\n")
        self.command("health", "--config", broken)  # what runs was started before that
        self.assertIn("--address", self.command("health", "--address", "nowhere", code=2).stderr)
        pillion.stop(15)
        self.command("health", "--address", pillion.address, code=1)

    def test_flags_go_before_variables(self):
        good = self.write("good.toml", '[exporters.redis]\naddress = "127.0.0.1:1"\n')
        bad = {"PILLION_CONFIG": str(self.write("bad.toml", "nonsense = 1\n"))}
        self.assertIn("redis", self.command("check", "-c", good, env=bad).stdout)
        self.command("check", env=bad, code=2)
        self.command("check", env={"PILLION_CONFIG": str(good)})
        missing = self.sandbox.dir / "no_plugins"
        told = self.command("list", "--plugin-dir", missing, env={"PILLION_PLUGIN_DIR": "/x:/y"})
        self.assertEqual([line.split()[-1] for line in told.stderr.splitlines()],
                         [str(missing), "/x", "/y"])

    def test_broken_configuration(self):
        """Everything that is wrong is told at once, with its place, and nothing is started."""
        broken = self.write("broken.toml", """[http]
lissten = ["127.0.0.1:0"]

[exporters.orders_db]
type = "postgres"
password = "SECRET-1"
pasword = "SECRET-2"
freshness = "fast"

[exporters.cache]
type = "reddis"
address = "127.0.0.1:6379"

[exporters.cache2]
type = "redis"
password = ["SECRET-3"]
collectors = { infoo = { every = "5m" } }

[exporters.third]
type = "postgres"
dsn = "hots=localhost"
labels = { service = "third" }
""")
        wanted = [(2, "listen"), (7, "password"), (8, "500ms"), (11, "redis"), (16, "string"),
                  (17, "info"), (21, "exporters.third.dsn: not a connection string")]
        for command in ("serve", "check", "scrape"):
            told = self.command(command, "--config", broken, code=2).stderr
            for line, text in wanted:
                self.assertRegex(told, rf"broken\.toml:{line}:\d+: .*{text}")
            self.assertEqual(len(told.splitlines()), len(wanted), told)
        cut_off = self.write("cut_off.toml", '[exporters.a]\ntype = "redis"\npassword = "SECRET-4\n')
        self.assertRegex(self.command("serve", "-c", cut_off, code=2).stderr, r"cut_off\.toml:3:")
        for dsn in ("host=x password='SECRET-5", "host=x SECRET-6 password=y",
                    "postgresql://u:SECRET-7@[::1/db"):
            self.command("check", "--exporter", f"postgres={dsn}", code=2)
        self.command("check", "--exporter", "redis=redis://u:SECRET-8@h:x", code=2)
        self.command("serve", "--exporter", "redis=127.0.0.1:1", code=2,
                     env={"PILLION_OPENMETRICS": "sometimes"})
        self.command("serve", "--config", self.sandbox.dir / "not_there.toml", code=2)

    def test_labels_of_queries(self):
        """What an instance and a query both call a label is told before anything is lost."""
        queries = self.write("queries.yaml", """orders:
  query: "SELECT 'x' AS shop, 1 AS open"
  metrics:
    - shop: {usage: LABEL}
    - open: {usage: GAUGE}
""")
        config = self.write("labels.toml", f"""[exporters.orders]
type = "postgres"
dsn = "host=127.0.0.1 port=1"
labels = {{ server = "a", shop = "b" }}
queries_file = "{queries}"

[[exporters.orders.query]]
name = "stock"
sql = "SELECT 'a' AS place, 'b' AS shop, 1 AS pieces"
labels = ["place", "shop"]
""")
        told = self.command("check", "-c", config, code=2).stderr
        wrong = ("`shop` is a label of the instance already; give the column another name "
                 "(AS name)")
        self.assertIn(f"{config}:10:10: exporters.orders.query[0].labels: {wrong}\n", told)
        self.assertIn(f"{config}:5:16: exporters.orders.queries_file: {queries}:1: orders: {wrong}\n",
                      told)
        config.write_text(config.read_text().replace('shop = "b"', 'store = "b"'))
        self.command("check", "-c", config)
        config.write_text(config.read_text().replace("queries_file", 'compat = ["0.11"]\nqueries_file'))
        self.assertIn("leave out one of them", self.command("check", "-c", config, code=2).stderr)

    def test_problems_obey_the_log_format(self):
        """What `serve` and `scrape` say before they run, in the format that is asked for."""
        broken = self.write("broken.toml", '[log]\nformat = "json"\nlevl = 1\n'
                            '[exporters.a]\ntype = "postgres"\ndsn = "host=/x password=SECRET-9"\n')
        listen = ("--listen", "nowhere")
        for command in (("serve", "-c", broken, *listen), ("scrape", "-c", broken)):
            lines = [json.loads(line) for line in self.command(*command, code=2).stderr.splitlines()]
            levels = [line["level"] for line in lines]
            self.assertEqual(levels, ["error", "warn", "error"][:len(levels)])
            self.assertIn("broken.toml:3:1: log.levl: unknown key", lines[0]["msg"])
            self.assertIn("exporters.a: the dsn holds a password", lines[1]["msg"])
        usual = self.command("serve", "-c", broken, "--log-format", "logfmt", code=2).stderr
        self.assertRegex(usual, r'(?m)^time=\S+ level=error msg=".*levl')
        # Even without a log: what keeps it from starting.
        silent = self.command("scrape", "--exporter", "redis=127.0.0.1:1", "--log-level", "off",
                              "--instance", "other", env={"PILLION_LOG_FORMAT": "json"}, code=2)
        self.assertIn("no instance", json.loads(silent.stderr)["msg"])
        down = self.command("scrape", "--exporter", "redis=127.0.0.1:1", "--log-level", "off", code=1)
        self.assertEqual(down.stderr, "")
        # Commands that answer a person are not a log.
        told = self.command("check", "-c", broken, env={"PILLION_LOG_FORMAT": "json"}, code=2).stderr
        self.assertRegex(told, r"(?m)^\S+broken\.toml:3:1: log\.levl: ")
        self.assertRegex(told, r"(?m)^warning: \S+broken\.toml:4:12: exporters\.a: ")

    def test_output_that_nobody_reads(self):
        """A reader that is gone ends a command silently as it ends any filter."""
        for arguments in (("--help",), ("list",), ("describe", "postgres"),
                          ("describe", "redis", "--markdown"),
                          ("scrape", "--exporter", "redis=127.0.0.1:1", "--log-level", "off"),
                          ("check", "--exporter", "redis=127.0.0.1:1")):
            reading, writing = os.pipe()
            os.close(reading)
            done = subprocess.run([binary(), *arguments], stdout=writing, stderr=subprocess.PIPE,
                                  timeout=60, check=False)
            os.close(writing)
            self.assertEqual((done.returncode, done.stderr), (-signal.SIGPIPE, b""), arguments)

    def test_output_that_cannot_be_written(self):
        """A full disk and a closed descriptor are failures; no file or socket gets their number."""
        scrape = f"{binary()} scrape --exporter redis=127.0.0.1:1 --log-format json"
        for ending in (">/dev/full", ">&-", ">&- <&-"):
            done = self.sandbox.run(["sh", "-c", f"exec {scrape} {ending}"], check=False)
            self.assertEqual(done.returncode, 1, ending)
            told = [json.loads(line)["msg"] for line in done.stderr.splitlines()]
            self.assertIn("the output could not be written", told[-1], ending)
        done = self.sandbox.run(["sh", "-c", f"exec {scrape} 2>&-"], check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("redis_up 0", done.stdout)
        self.assertNotIn('"level"', done.stdout)

    def test_no_secret_is_shown(self):
        """Right and wrong passwords, in every place that takes one, at the most talkative level."""
        self.start_databases()
        file = self.write("password", "SECRET-file\n")
        dsn = toml(self.postgres.dsn)
        at = f"{self.redis.tcp_address}"
        config = self.config() + f"""
[exporters.wrong_postgres]
type = "postgres"
dsn = {dsn}
password = "${{env:WRONG}}"
[exporters.wrong_dsn]
type = "postgres"
dsn = {toml(self.postgres.dsn + " password=SECRET-dsn")}
[exporters.wrong_file]
type = "postgres"
dsn = {dsn}
password = "${{file:{file}}}"
[exporters.wrong_redis]
type = "redis"
address = "{at}"
password = "SECRET-plain"
[exporters.wrong_user]
type = "redis"
address = "{at}"
username = "nobody"
password = "SECRET-user"
"""
        env = {"WRONG": "SECRET-env"}
        pillion = Pillion(self.sandbox, config, arguments=["--log-level", "debug"], env=env)
        page = pillion.page()
        self.assertEqual(page.value("pillion_instance_up", instance_name="orders_db"), 1)
        self.assertEqual(page.value("pillion_instance_up", instance_name="cache"), 1)
        shown = [pillion.get(path).text for path in
                 ("/", "/metrics", "/sd", "/metrics/pillion", "/metrics/wrong_dsn")]
        shown += [get(pillion.admin_address, path).text for path in ("/", "/status.json")]
        for name in ("wrong_postgres", "wrong_dsn", "wrong_file", "wrong_redis", "wrong_user"):
            reason = page.value("pillion_instance_up", instance_name=name)
            self.assertEqual(reason, 0, name)
            self.assertTrue(pillion.log(instance=name, reason="auth"), name)
        pillion.stop(15)
        for text in [*shown, pillion.process.log_text()]:
            for marker in ("SECRET", PASSWORD):
                self.assertNotIn(marker, text)
        path = self.sandbox.dir / "pillion.toml"
        self.command("check", "-c", path, env=env)
        self.command("scrape", "-c", path, "--log-level", "debug", env=env, code=1)


if __name__ == "__main__":
    server_test.main()
