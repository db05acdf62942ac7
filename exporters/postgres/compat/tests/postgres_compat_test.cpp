#include "common/compat/tests/recording_host.hpp"
#include "postgres/compat/data_sources.hpp"
#include "postgres/compat/postgres_flags.hpp"

#include <doctest/doctest.h>

extern "C" const pillion_compat* pillion_compat_entry_postgres_exporter();

namespace pillion::postgres {
namespace {

using compat::Kind;
using compat::RecordingHost;
using Words = std::vector<std::string>;

const pillion_compat& Translator() { return *pillion_compat_entry_postgres_exporter(); }

constexpr const char* kHttp =
    "[http]\nlisten = [\":9187\"]\nmetrics_path = \"/metrics\"\nadmin_listen = \"\"\n";
const std::string kInstance = std::string(kHttp) + "[exporters.postgres]\ntype = \"postgres\"\n";
const std::string kNamed = kInstance + "dsn = \"${env:DATA_SOURCE_NAME}\"\n";

// What the flags mean behind one data source.
std::string Behind(RecordingHost& host, const Words& words) {
  host.environment.emplace("DATA_SOURCE_NAME", "postgresql://u:SECRET@h/db");
  std::string body = host.Translate(Translator(), words);
  CHECK(host.toml.find("SECRET") == std::string::npos);
  if (!body.starts_with(kNamed)) return body;
  return body.substr(kNamed.size());
}

std::string Behind(const Words& words) {
  RecordingHost host;
  return Behind(host, words);
}

TEST_CASE("what the Helm chart of the peer sets is understood") {
  // charts/prometheus-postgres-exporter/templates/deployment.yaml, its values' defaults.
  RecordingHost host;
  host.environment = {{"DATA_SOURCE_URI", "orders:5432/?sslmode=disable"},
                      {"DATA_SOURCE_USER", "postgres"},
                      {"DATA_SOURCE_PASS", "SECRET"}};
  CHECK(host.Translate(Translator(), {"--config.file=/etc/postgres_exporter.yml",
                                      "--web.listen-address=:9187"}) ==
        kInstance +
            "dsn = \"postgresql://${env:DATA_SOURCE_URI}\"\n"
            "user = \"${env:DATA_SOURCE_USER}\"\n"
            "password = \"${env:DATA_SOURCE_PASS}\"\n");
  CHECK(host.outcome == PILLION_COMPAT_SERVE);
  CHECK(host.toml.find("SECRET") == std::string::npos);
  CHECK(host.toml.find("# there are no auth modules, and /probe is off: cannot read /etc/") !=
        std::string::npos);
  CHECK(host.notes.size() == 1);

  // All that its values can switch on.
  RecordingHost more;
  more.known = {"collector database", "collector stat_bgwriter", "collector settings"};
  CHECK(Behind(more, {"--config.file=/etc/postgres_exporter.yml", "--web.listen-address=:9187",
                      "--no-collector.database", "--no-collector.stat_bgwriter",
                      "--disable-default-metrics", "--disable-settings-metrics", "--log.level=warn",
                      "--log.format=json"}) ==
        std::string(kHttp) +
            "[log]\nlevel = \"warn\"\nformat = \"json\"\n"
            "[exporters.postgres]\ntype = \"postgres\"\ndsn = \"${env:DATA_SOURCE_NAME}\"\n"
            "drop = [\"pg_static\", \"pg_stat_database_conflicts_.*\"]\n"
            "[exporters.postgres.collectors]\nsettings = false\ndatabase = false\n"
            "stat_bgwriter = false\n");

  // Passwords by files, and by PGPASSFILE.
  RecordingHost files;
  files.environment = {{"DATA_SOURCE_URI_FILE", "/s/uri"},
                       {"DATA_SOURCE_USER_FILE", "/s/user"},
                       {"DATA_SOURCE_PASS_FILE", "/s/pass"},
                       {"DATA_SOURCE_PASS", "SECRET"}};
  CHECK(files.Translate(Translator(), {}) ==
        kInstance +
            "dsn = \"postgresql://${file:/s/uri}\"\n"
            "user = \"${file:/s/user}\"\npassword = \"${file:/s/pass}\"\n");
  RecordingHost passfile;
  passfile.environment = {{"DATA_SOURCE_URI", "h/db"},
                          {"DATA_SOURCE_USER", "u"},
                          {"DATA_SOURCE_PASS", ""},
                          {"PGPASSFILE", "/s/pgpass"}};
  CHECK(passfile.Translate(Translator(), {}) ==
        kInstance +
            "dsn = \"postgresql://${env:DATA_SOURCE_URI}\"\n"
            "user = \"${env:DATA_SOURCE_USER}\"\n");
}

TEST_CASE("several data sources are several instances") {
  RecordingHost host;
  host.environment = {
      {"DATA_SOURCE_NAME", "postgresql://u:SECRET@h1:5433/x,host='h 2' user=u password=SECRET"}};
  CHECK(host.Translate(Translator(), {}) ==
        std::string(kHttp) +
            "[exporters.postgres_1]\ntype = \"postgres\"\ndsn = \"${env:DATA_SOURCE_NAME_1}\"\n"
            "[exporters.postgres_1.labels]\nserver = \"h1:5433\"\n"
            "[exporters.postgres_2]\ntype = \"postgres\"\ndsn = \"${env:DATA_SOURCE_NAME_2}\"\n"
            "[exporters.postgres_2.labels]\nserver = \"h 2:5432\"\n");
  CHECK(host.toml.find("SECRET") == std::string::npos);
  CHECK(host.defined["DATA_SOURCE_NAME_1"] == "postgresql://u:SECRET@h1:5433/x");
  CHECK(host.defined["DATA_SOURCE_NAME_2"] == "host='h 2' user=u password=SECRET");
  // A label that metrics have themselves cannot be added.
  host.known = {"label server"};
  CHECK(host.Translate(Translator(), {}).find("target = \"h1:5433\"") != std::string::npos);
}

TEST_CASE("a server's address is found in every form of a data source") {
  CHECK(ServerOf("postgresql://u:p@h:1/db?x=y") == "h:1");
  CHECK(ServerOf("postgres://u:p%40@h") == "h:5432");
  CHECK(ServerOf("postgresql://[::1]/db") == "[::1]:5432");
  CHECK(ServerOf("postgresql://u:a@b@h/db") == "h:5432");
  CHECK(ServerOf("postgresql:///db?host=/run") == "localhost:5432");
  CHECK(ServerOf("host=/run/postgresql port=5433 password='a host=b'") == "/run/postgresql:5433");
  CHECK(ServerOf(R"(password=a\ host=b host = 'it\'s')") == "it's:5432");
  CHECK(ServerOf("user=u") == "localhost:5432");
  CHECK(ServerOf("host='open") == "open:5432");
  CHECK(ServerOf("") == "localhost:5432");
}

TEST_CASE("nothing to read is served and said") {
  RecordingHost host;
  CHECK(host.Translate(Translator(), {}) == kHttp);
  CHECK(host.notes == Words{"no data source is set: there is nothing to read"});
}

TEST_CASE("pages and the log are where the flags say") {
  RecordingHost host;
  host.environment["PG_EXPORTER_WEB_TELEMETRY_PATH"] = "/pg/";
  CHECK(host.Translate(Translator(), {"--web.listen-address=127.0.0.1:1", "--web.listen-address",
                                      "[::1]:1", "--log.format", "logger:stderr?json=true"}) ==
        "[http]\nlisten = [\"127.0.0.1:1\", \"[::1]:1\"]\nmetrics_path = \"/pg\"\n"
        "admin_listen = \"\"\n[log]\nformat = \"json\"\n");
}

TEST_CASE("flags become keys of the instance") {
  RecordingHost host;
  host.known = {"option exclude_databases", "collector replication_slots"};
  CHECK(Behind(host, {"--exclude-databases=a,b c", "--no-collector.replication_slot",
                      "--collection-timeout=500ms", "--constantLabels=a=b, c=d\"",
                      "--metric-prefix=my"}) ==
        "timeout = \"500ms\"\nexclude_databases = [\"a\", \"b c\"]\n"
        "[exporters.postgres.labels]\na = \"b\"\nc = \"d\\\"\"\n"
        "[exporters.postgres.collectors]\nreplication_slots = false\n"
        "[[exporters.postgres.rules]]\n"
        "families = \"pg_(static|stat_database_conflicts_.*)\"\nrename = \"my_\\\\1\"\n");
  CHECK(host.types == std::set<std::string, std::less<>>{"postgres"});
}

TEST_CASE("statements are shown as many and as long as asked") {
  const auto known = std::set<std::string, std::less<>>{
      "collector stat_statements", "option statements_shown", "option statement_text"};
  RecordingHost host;
  host.known = known;
  CHECK(Behind(host, {"--collector.stat_statements", "--collector.stat_statements.include_query",
                      "--collector.stat_statements.limit=5000"}) ==
        "statement_text = 120\nstatements_shown = 1000\n"
        "[exporters.postgres.collectors]\nstat_statements = true\n");
  CHECK(host.notes.size() == 1);
  RecordingHost length;
  length.known = known;
  CHECK(Behind(length, {"--collector.stat_statements.include_query",
                        "--collector.stat_statements.query_length=64"}) == "statement_text = 64\n");
  RecordingHost alone;
  alone.known = known;
  CHECK(Behind(alone, {"--collector.stat_statements.query_length=64"}) == "");
}

TEST_CASE("every flag of the table is accepted") {
  for (const compat::Flag& flag : kPeerFlags) {
    if (flag.name == "dumpmaps" || flag.name == "version") continue;
    const std::string name = "--" + std::string(flag.name);
    CAPTURE(name);
    const std::string value = flag.kind == Kind::kWhole      ? "7"
                              : flag.kind == Kind::kDuration ? "7s"
                                                             : "x=y";
    RecordingHost host;
    Behind(host, flag.kind == Kind::kBool ? Words{name} : Words{name, value});
    CHECK(host.outcome == PILLION_COMPAT_SERVE);
    if (flag.kind != Kind::kBool) continue;
    RecordingHost off;
    Behind(off, {"--no-" + std::string(flag.name)});
    CHECK(off.outcome == PILLION_COMPAT_SERVE);
    CHECK(off.notes.empty());
  }
}

TEST_CASE("databases that are discovered are read") {
  const auto known =
      std::set<std::string, std::less<>>{"option databases", "option exclude_databases"};
  RecordingHost host;
  host.known = known;
  CHECK(Behind(host, {"--auto-discover-databases"}) == "databases = [\"*\"]\n");
  RecordingHost some;
  some.known = known;
  some.environment = {{"PG_EXPORTER_AUTO_DISCOVER_DATABASES", "true"},
                      {"PG_EXPORTER_INCLUDE_DATABASES", "a, b"},
                      {"PG_EXPORTER_EXCLUDE_DATABASES", "c"}};
  const std::string body = Behind(some, {});
  CHECK(body == "databases = [\"a\", \"b\", \"!c\"]\n");
  CHECK(some.notes.empty());
  RecordingHost off;
  off.known = known;
  CHECK(Behind(off, {"--include-databases=a", "--no-auto-discover-databases"}) == "");
  CHECK(off.notes == Words{"--include-databases has no effect: it chooses among databases that are "
                           "discovered"});
}

TEST_CASE("what the exporter does not have is named once and not configured") {
  RecordingHost host;
  CHECK(Behind(host, {"--collector.xlog_location", "--collector.stat_statements.limit=5",
                      "--auto-discover-databases"}) == "");
  CHECK(host.notes.size() == 3);
  for (const std::string& note : host.notes) {
    CHECK(host.toml.find("# " + note + "\n") != std::string::npos);
  }
}

TEST_CASE("TLS and users of the page are those of the web configuration") {
  RecordingHost host;
  Behind(host, {"--web.config.file=/etc/web.yml"});
  CHECK(host.outcome == PILLION_COMPAT_SERVE);
  CHECK(host.toml.find("\nweb_config = \"/etc/web.yml\"\n") != std::string::npos);
  CHECK(Behind({"--web.config.file="}) == "");
}

TEST_CASE("a wrong command line is told") {
  CHECK(Behind({"--collector.lokcs"}) ==
        "unknown flag `--collector.lokcs`; did you mean `--collector.locks`?");
}

TEST_CASE("version and help and maps are printed") {
  RecordingHost host;
  host.Translate(Translator(), {"--version"});
  CHECK(host.outcome == PILLION_COMPAT_DONE);
  CHECK(host.printed == "postgres_exporter, played by pillion 1.2.3\n");
  host.Translate(Translator(), {"--help"});
  CHECK(host.printed.find("--collector.wal") != std::string::npos);
  host.Translate(Translator(), {"--dumpmaps"});
  CHECK(host.outcome == PILLION_COMPAT_DONE);
}

}  // namespace
}  // namespace pillion::postgres
