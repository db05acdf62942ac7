"""Pillion in the place of other exporters: their names, arguments, variables, paths and probes."""
import os
import signal

import http_get
import server_test
from both_databases import PASSWORD, BothDatabases
from page import parse_text
from pillion_process import Pillion, _environment, binary, run
from postgres_server import MONITOR
from sandbox import wait_until


class Compat(BothDatabases):
    def named(self, name):
        """The executable under another name, as an image or a package would link it."""
        link = self.sandbox.dir / name
        if not link.exists():
            os.symlink(binary(), link)
        return link

    def start(self, name, arguments, env, address):
        log = f"{name}-{address.rpartition(':')[2]}"
        process = self.sandbox.start(log, [self.named(name), *arguments], env=_environment(env))
        self.addCleanup(process.kill)
        wait_until(f"{name} serves", lambda: "serving metrics" in process.log_text(),
                   alive=[process])
        self.assertNotIn(PASSWORD, process.log_text())
        self.assertIn(address, process.log_text())
        return process

    def assert_probes(self, address, paths):
        for path in paths:
            self.assertEqual(http_get.get(address, path).status, 200, path)

    def page(self, address, path="/metrics"):
        answer = http_get.get(address, path)
        self.assertEqual(answer.status, 200, answer.text[:500])
        return parse_text(answer.text)

    def end(self, process):
        process.signal(signal.SIGTERM)
        self.assertEqual(process.wait(), 0)

    def test_both(self):
        """The arguments, variables and probe paths of both Helm charts; all else of one run."""
        self.start_databases()
        self.postgres_by_the_chart()
        self.postgres_by_names_and_files()
        self.postgres_by_auth_modules()
        self.redis_by_the_chart()
        self.redis_by_flags()

    def postgres_by_the_chart(self):
        address = f"{self.sandbox.host}:{self.sandbox.port()}"
        env = {"DATA_SOURCE_URI": f"{self.postgres.host}:{self.postgres.port}/postgres?sslmode=disable",
               "DATA_SOURCE_USER": MONITOR, "DATA_SOURCE_PASS": PASSWORD}
        arguments = ["--config.file=/etc/postgres_exporter.yml",
                     f"--web.listen-address={address}", "--no-collector.stat_bgwriter",
                     "--disable-settings-metrics", "--log.level=info", "--log.format=json"]
        process = self.start("prometheus-postgres-exporter", arguments, env, address)
        self.assert_probes(address, ["/", "/metrics"])  # livenessProbe and readinessProbe: /
        page = self.page(address)
        self.assertEqual(page.value("pg_up"), 1)
        self.assertEqual(page.value("pg_stat_database_numbackends", datname="postgres") >= 1, True)
        self.assertEqual(page.names("pg_stat_bgwriter"), set())
        self.assertEqual(page.names("pg_settings"), set())
        log = process.log_text()
        self.assertEqual(log.count("there are no auth modules, and /probe is off"), 1)
        self.assertTrue(all(line.startswith("{") for line in log.splitlines()), log)
        self.end(process)

        printed = run(self.sandbox, "compat", "postgres_exporter", *arguments, "--print-config",
                      env=env)
        self.assertEqual(printed.returncode, 0, printed.stderr)
        self.assertNotIn(PASSWORD, printed.stdout)
        config = self.sandbox.dir / "printed.toml"
        config.write_text(printed.stdout)
        checked = run(self.sandbox, "check", "--config", config, env=env)
        self.assertEqual(checked.returncode, 0, checked.stderr)

    def postgres_by_names_and_files(self):
        """Several sources, a socket among them; then files; another path of the metrics."""
        address = f"{self.sandbox.host}:{self.sandbox.port()}"
        tcp = f"{self.postgres.host}:{self.postgres.port}"
        sources = [f"postgresql://{MONITOR}:{PASSWORD}@{tcp}/postgres?sslmode=disable",
                   self.postgres.socket_dsn]
        process = self.start("postgres_exporter",
                             ["--web.listen-address", address, "--web.telemetry-path=/pg"],
                             {"DATA_SOURCE_NAME": ",".join(sources)}, address)
        self.assertEqual(http_get.get(address, "/metrics").status, 404)
        page = self.page(address, "/pg")
        self.assertEqual(page.value("pg_up", server=tcp), 1)
        self.assertEqual(len(page.values("pg_up")), 2)
        self.assertEqual(set(page.values("pg_up").values()), {1})
        self.end(process)

        password = self.sandbox.dir / "password"
        password.write_text(PASSWORD + "\n")
        env = {"DATA_SOURCE_URI": f"{tcp}/postgres", "DATA_SOURCE_USER": MONITOR,
               "DATA_SOURCE_PASS_FILE": str(password), "PG_EXPORTER_WEB_TELEMETRY_PATH": "/"}
        address = f"{self.sandbox.host}:{self.sandbox.port()}"
        process = self.start("postgres_exporter", [f"--web.listen-address={address}"], env, address)
        self.assertEqual(self.page(address, "/").value("pg_up"), 1)
        self.end(process)

    def postgres_by_auth_modules(self):
        """/probe by two modules of two roles, and by none."""
        tcp = f"{self.postgres.host}:{self.postgres.port}"
        other = PASSWORD + "@:/?#%"
        self.postgres.sql(f"CREATE ROLE other LOGIN PASSWORD '{other}'; GRANT pg_monitor TO other")
        self.postgres.sql(f"CREATE DATABASE {MONITOR}")
        self.postgres.sql("CREATE DATABASE other")
        modules = self.sandbox.dir / "postgres_exporter.yml"
        modules.write_text(f"""auth_modules:
  client.orders:
    type: userpass
    userpass: {{username: {MONITOR}, password: "{PASSWORD}"}}
    options: {{sslmode: disable, application_name: "by orders"}}
  shop:
    type: userpass
    userpass: {{username: other, password: "{other}"}}
    options: {{sslmode: disable, application_name: "by shop", search_path: "a, b"}}
  nobody:
    type: userpass
    userpass: {{username: other}}
""")
        address = f"{self.sandbox.host}:{self.sandbox.port()}"
        arguments = [f"--config.file={modules}", f"--web.listen-address={address}",
                     "--no-collector.wal"]
        env = {"PGUSER": "missing", "PGSSLMODE": "disable"}
        process = self.start("postgres_exporter", arguments, env, address)

        def probe(query, status=200):
            answer = http_get.get(address, f"/probe?{query}")
            self.assertEqual(answer.status, status, query + answer.text[:500])
            self.assertNotIn(PASSWORD, answer.text)
            return parse_text(answer.text) if status == 200 else answer.text

        def sessions():
            return set(self.postgres.sql("SELECT DISTINCT usename, datname, application_name FROM "
                                         "pg_stat_activity WHERE usename IN ('other', 'monitor')")
                       .splitlines())
        for target in (tcp, f"postgresql://{tcp}", f"postgres://{tcp}/postgres", f"{tcp}/other"):
            for module in ("client.orders", "shop"):
                page = probe(f"target={target}&auth_module={module}")
                self.assertEqual(page.value("pg_up"), 1, target)
                self.assertEqual(page.names("pg_wal"), set())
        # Without a name of a database it is that of the user.
        self.assertEqual(sessions(), {
            f"{user}|{database}|{name}" for user, name in ((MONITOR, "by orders"), ("other", "by shop"))
            for database in (user, "postgres", "other")})
        self.assertEqual(probe(f"target={tcp}").value("pg_up"), 0)  # as whoever PGUSER is
        self.assertIn("there are: client.orders shop", probe(f"target={tcp}&auth_module=x", 400))
        probe(f"target={tcp}&auth_module=nobody", 400)
        probe("auth_module=shop", 400)
        self.assertIn("configuration's", probe(f"target=u:p@{tcp}&auth_module=shop", 400))
        self.assertEqual(self.page(address).names("pg_"), set())
        log = process.log_text()
        self.assertEqual(log.count("/probe reads any target"), 1)
        self.assertEqual(log.count("nothing can be probed with it"), 1)
        self.end(process)

        # The same as a configuration, which the passwords stand beside, and which may be bounded.
        printed = run(self.sandbox, "compat", "postgres_exporter", *arguments,
                      "--probe.targets=127.0.0.1:1", "--print-config", env=env)
        self.assertEqual(printed.returncode, 0, printed.stderr)
        self.assertNotIn(PASSWORD, printed.stdout)
        bounded = Pillion(self.sandbox, printed.stdout.replace(address, "127.0.0.1:0"), env={
            **env, "AUTH_MODULE_CLIENT_ORDERS_PASSWORD": PASSWORD,
            "AUTH_MODULE_SHOP_PASSWORD": other})
        self.addCleanup(bounded.process.kill)
        self.assertEqual(bounded.get(f"/probe?target={tcp}&auth_module=shop").status, 403)
        closed = bounded.page("/probe?target=127.0.0.1:1&auth_module=shop")
        self.assertEqual(closed.value("pg_up"), 0)

    def redis_by_the_chart(self):
        address = f"{self.sandbox.host}:{self.sandbox.port()}"
        env = {"REDIS_ADDR": f"redis://{self.redis.tcp_address}", "REDIS_PASSWORD": PASSWORD}
        process = self.start("redis_exporter",
                             ["--include-system-metrics=true", f"--web.listen-address={address}"],
                             env, address)
        self.assert_probes(address, ["/", "/health", "/metrics"])
        page = self.page(address)
        self.assertEqual(page.value("redis_up"), 1)
        self.assertEqual(page.value("redis_db_keys", db="db0"), 1)
        self.assertEqual(page.value("redis_total_system_memory_bytes") > 0, True)
        self.end(process)

    def redis_by_flags(self):
        address = f"{self.sandbox.host}:{self.sandbox.port()}"
        process = self.start("prometheus-redis-exporter",
                             ["-redis.addr", f"redis://:{PASSWORD}@{self.redis.tcp_address}",
                              "-web.listen-address", address, "-redis-only-metrics",
                              "-namespace", "cache", "-export-client-list"], {}, address)
        page = self.page(address)
        self.assertEqual(page.value("cache_db_keys", db="db0"), 1)
        self.assertEqual(page.names("pillion_build_info"), set())
        self.end(process)

    def assert_configured(self, program, arguments, env, expected, unheeded=()):
        """What the flags mean is a configuration that the exporters take."""
        printed = run(self.sandbox, "compat", program, *arguments, "--print-config", env=env)
        self.assertEqual(printed.returncode, 0, printed.stderr)
        config = self.sandbox.dir / f"{program}.toml"
        config.write_text(printed.stdout)
        checked = run(self.sandbox, "check", "--config", config, env=env)
        self.assertEqual(checked.returncode, 0, checked.stderr + printed.stdout)
        for line in expected:
            self.assertIn(f"\n{line}\n", printed.stdout)
        without = {line.split()[1] for line in printed.stdout.splitlines()
                   if " has no effect" in line}
        self.assertEqual(without, set(unheeded), printed.stdout)

    def test_flags_are_options(self):
        queries = self.sandbox.dir / "queries.yaml"
        queries.write_text("""orders:
  query: "SELECT 1 AS open"
  metrics:
    - open: {usage: GAUGE, description: "Orders that wait."}
""")
        modules = self.sandbox.dir / "modules.yml"
        modules.write_text("auth_modules: {shop: {type: userpass, userpass: {username: u, password: p}}}")
        self.assert_configured(
            "postgres_exporter",
            ["--collector.stat_statements", "--collector.stat_statements.include_query",
             "--collector.stat_statements.limit=20", f"--extend.query-path={queries}",
             "--no-collector.wal", "--collector.database_wraparound", "--exclude-databases=a,b",
             "--constantLabels=env=test", "--metric-prefix=db", "--disable-default-metrics",
             "--collection-timeout=20s", "--collector.stat_checkpointer", "--auto-discover-databases",
             f"--config.file={modules}"],
            {"DATA_SOURCE_NAME": "host=h password=secret", "AUTH_MODULE_SHOP_PASSWORD": "p"},
            ["statement_text = 120", "statements_shown = 20", "stat_statements = true",
             f'queries_file = "{queries}"', "wal = false",
             'databases = ["*", "!a", "!b"]', "[probes.shop]"])
        passwords = self.sandbox.dir / "passwords.json"
        passwords.write_text('{"redis://h:1": "secret"}')
        script = self.sandbox.dir / "script.lua"
        script.write_text("return {'a', '1'}")
        self.assert_configured(
            "redis_exporter",
            ["-redis.addr=rediss://h:1", "-redis.password-file", str(passwords),
             "-skip-tls-verification", "-check-keys=db1=a*", "-check-single-keys=b",
             "-count-keys=c*", "-check-streams=s*", "-check-single-streams=t",
             "-check-key-groups=^(x)", "-max-distinct-key-groups=7", "-check-keys-batch-size=99999",
             "-export-client-list", "-export-client-port", "-include-config-metrics",
             "-disable-exporting-key-values", "-streams-exclude-consumer-metrics",
             "-include-metrics-for-empty-databases=false", "-config-command=-",
             "-exclude-latency-histogram-metrics", "-set-client-name=false", "-namespace=cache",
             "-include-sentinel-peer-info", "-is-tile38", "-include-modules-metrics",
             "-include-search-indexes-metrics", "-check-search-indexes=^a", f"-script={script}",
             "-lua-script-read-only", "-include-rdb-file-size-metric", "-ping-on-connect"],
            {}, ["keys = true", "scripts = true", "modules = true", "rdb_file = true", "streams = true", "key_groups = true", "clients = true",
                 "tls_skip_verify = true", "check_keys_batch_size = 10000"],
            ["--ping-on-connect"])

    def test_wrong_command_lines(self):
        for name, argument, said in (
                ("postgres_exporter", "--collector.lokcs", "did you mean `--collector.locks`?"),
                ("redis_exporter", "--redis.adr=x", "did you mean `--redis.addr`?"),
                ("redis_exporter", "--basic-auth-password=" + PASSWORD, "a user of the page needs")):
            done = self.sandbox.run([self.named(name), argument], env=_environment({}), check=False)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(said, done.stderr)
            self.assertNotIn(PASSWORD, done.stdout + done.stderr)
        modules = self.sandbox.dir / "modules.yml"
        modules.write_text(f"auth_modules:\n  a:\n    type: {PASSWORD}\n")
        for more in ([], ["--print-config"]):
            done = run(self.sandbox, "compat", "postgres_exporter", f"--config.file={modules}", *more)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn(f"{modules}:3:11: a: type must be userpass", done.stderr)
            self.assertNotIn(PASSWORD, done.stderr)
        done = run(self.sandbox, "compat", "mysqld_exporter")
        self.assertEqual(done.returncode, 2)
        self.assertIn("postgres_exporter, redis_exporter", done.stderr)


if __name__ == "__main__":
    server_test.main()
