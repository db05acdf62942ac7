#include "core/config/fake_exporter.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <set>
#include <string>
#include <vector>

namespace pillion {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::Load;
using testing::Text;
using testing::World;
using Strings = std::vector<std::string>;

InstanceConfig LoadOne(const std::string& text, const World& world = {}) {
  const auto result = Load(text, world);
  REQUIRE(Text(result) == "");
  REQUIRE(result.config->instances.size() == 1);
  return result.config->instances[0];
}

std::string Problem(const std::string& line) { return Text(Load("[exporters.fake]\n" + line)); }

TEST_CASE("an instance needs nothing but its table") {
  const InstanceConfig instance = LoadOne("[exporters.fake]\n");
  CHECK(instance.name == "fake");
  CHECK(instance.type == "fake");
  CHECK(instance.position == "a.toml:1:12");
  CHECK(instance.labels.empty());
  CHECK(instance.freshness == seconds(1));
  CHECK(instance.timeout == seconds(10));
  CHECK(instance.stale_after == seconds(0));
}

TEST_CASE("an instance that cannot be called so is read for its other errors") {
  CHECK(
      Text(Load("[exporters.\"a b\"]\ntype = 'fake'\nport = 0\n")) ==
      "a.toml:1:12: exporters.\"a b\": not a name for an instance; write 1 to 64 letters, digits, "
      "_, . and -\n"
      "a.toml:3:8: exporters.\"a b\".port: must be between 1 and 65535\n");
}

TEST_CASE("a name with a dot and an array of exporters are told how to be written") {
  CHECK(
      Text(Load("[exporters.a.b]\ntype = 'fake'\n")) ==
      "a.toml:1:12: exporters.a.type: is missing, and the instance is not called like an exporter; "
      "write type = \"...\"; a name with a dot needs quotes, as in [exporters.\"a.b\"]\n");
  CHECK(Text(Load("[[exporters]]\ntype = 'fake'\n")) ==
        "a.toml:1:1: exporters: must be tables such as [exporters.NAME], not an array\n");
}

TEST_CASE("the defaults of the option table are filled in") {
  const auto options = LoadOne("[exporters.fake]\n").options;
  std::set<std::string> names;
  for (const auto& [name, value] : options) names.insert(name);
  CHECK(names == std::set<std::string>{"address", "lock_timeout", "mode", "plain_list", "ratio",
                                       "reply_bytes", "sections", "tls"});
  CHECK(options.at("address").type == PILLION_OPT_STRING);
  CHECK(options.at("address").text == "127.0.0.1:1");
  CHECK(options.at("mode").text == "fast");
  CHECK(options.at("tls").type == PILLION_OPT_BOOL);
  CHECK_FALSE(options.at("tls").flag);
  CHECK(options.at("ratio").number == 0.5);
  CHECK(options.at("lock_timeout").integer == 500'000'000);
  CHECK(options.at("reply_bytes").integer == 16777216);
  CHECK(options.at("sections").list == Strings{"one", "two"});
  CHECK(options.at("plain_list").list == Strings{"x", "y"});
}

TEST_CASE("an option of every type can be written") {
  const auto options = LoadOne(R"(
[exporters.orders]
type = "fake"
address = "db:5432"
password = "${file:/run/secrets/pw}"
mode = "careful"
tls = true
port = 65535
ratio = 0.25
lock_timeout = "1.5s"
reply_bytes = "64KiB"
databases = ["a", "b"]
sections = "three"
)")
                           .options;
  CHECK(options.at("address").text == "db:5432");
  CHECK(options.at("password").secret == Secret("${file:/run/secrets/pw}"));
  CHECK(options.at("password").text.empty());
  CHECK(options.at("mode").text == "careful");
  CHECK(options.at("tls").flag);
  CHECK(options.at("port").type == PILLION_OPT_INT);
  CHECK(options.at("port").integer == 65535);
  CHECK(options.at("ratio").type == PILLION_OPT_FLOAT);
  CHECK(options.at("ratio").number == 0.25);
  CHECK(options.at("lock_timeout").type == PILLION_OPT_DURATION);
  CHECK(options.at("lock_timeout").integer == 1'500'000'000);
  CHECK(options.at("reply_bytes").type == PILLION_OPT_SIZE);
  CHECK(options.at("reply_bytes").integer == 65536);
  CHECK(options.at("databases").type == PILLION_OPT_STRING_LIST);
  CHECK(options.at("databases").list == Strings{"a", "b"});
  CHECK(options.at("sections").list == Strings{"three"});
}

TEST_CASE("whole numbers do for floats and bytes for sizes") {
  const auto options = LoadOne("[exporters.fake]\nratio = 1\nreply_bytes = 2048").options;
  CHECK(options.at("ratio").number == 1.0);
  CHECK(options.at("reply_bytes").integer == 2048);
}

TEST_CASE("values of a wrong type or range say what is accepted") {
  const std::string at = "a.toml:2:";
  const std::string list = ": exporters.fake.";
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"address = 5", "11: exporters.fake.address: must be a string, not an integer"},
      {"address = 1979-05-27", "11: exporters.fake.address: must be a string, not a date or time"},
      {"password = 5", "12: exporters.fake.password: must be a string, not an integer"},
      {"password = ['x']", "12: exporters.fake.password: must be a string, not an array"},
      {"password = '${x}'",
       "12: exporters.fake.password: a ${ is neither ${env: nor ${file:; write ${env:NAME} or "
       "${file:PATH}, and $${ for a plain ${"},
      {"mode = 'quick'", "8: exporters.fake.mode: must be one of fast, slow, careful"},
      {"mode = 'sloww'",
       "8: exporters.fake.mode: must be one of fast, slow, careful; did you mean `slow`?"},
      {"tls = 'yes'", "7: exporters.fake.tls: must be true or false, not a string"},
      {"tls = 1", "7: exporters.fake.tls: must be true or false, not an integer"},
      {"port = 1.0", "8: exporters.fake.port: must be an integer, not a float"},
      {"port = '5432'", "8: exporters.fake.port: must be an integer, not a string"},
      {"port = 0", "8: exporters.fake.port: must be between 1 and 65535"},
      {"port = 65536", "8: exporters.fake.port: must be between 1 and 65535"},
      {"ratio = 1.5", "9: exporters.fake.ratio: must be between 0 and 1"},
      {"ratio = nan", "9: exporters.fake.ratio: must be a finite number"},
      {"ratio = '1'", "9: exporters.fake.ratio: must be a number, not a string"},
      {"lock_timeout = 5",
       "16: exporters.fake.lock_timeout: needs a unit and quotes, such as \"5s\""},
      {"lock_timeout = 5.5",
       "16: exporters.fake.lock_timeout: must be a duration such as \"5s\", not a float"},
      {"lock_timeout = '5m'", "16: exporters.fake.lock_timeout: must be between 10ms and 1m"},
      {"reply_bytes = -1", "15: exporters.fake.reply_bytes: must not be negative"},
      {"reply_bytes = '1KiB '",
       "15: exporters.fake.reply_bytes: not a size: unknown unit; write bytes or a whole number "
       "and a unit, such as \"4096\", \"64KiB\", \"16MiB\" or \"10MB\""},
      {"reply_bytes = '2GiB'", "15: exporters.fake.reply_bytes: must be between 1KiB and 1GiB"},
      {"databases = 5", "13: exporters.fake.databases: must be a list of strings, not an integer"},
      {"databases = ['a', 5]", "19: exporters.fake.databases[1]: must be a string, not an integer"},
      {"sections = ['one', 'tree']",
       "20: exporters.fake.sections[1]: must be one of one, two, three; did you mean `three`?"},
      {"freshness = 5", "13: exporters.fake.freshness: needs a unit and quotes, such as \"5s\""},
      {"freshness = '2d'", "13: exporters.fake.freshness: must be between 0s and 1d"},
      {"timeout = '0s'", "11: exporters.fake.timeout: must be between 10ms and 1h"},
      {"stale_after = '0s'", "15: exporters.fake.stale_after: must be between 10ms and 30d"},
      {"connections = 3",
       "15: exporters.fake.connections: must be 1, or 2 for a second one that `every` collectors "
       "use"},
      {"prefetch = 1", "12: exporters.fake.prefetch: must be true or false, not an integer"},
      {"max_target_load = 2",
       "19: exporters.fake.max_target_load: must be between 0 and 1, such as 0.02 for 2 % of the "
       "time"},
      {"type = 5", "8: exporters.fake.type: must be a string, not an integer"},
  };
  for (const auto& [line, expected] : cases) CHECK(Problem(line) == at + expected + "\n");
}

TEST_CASE("times of an instance are read") {
  const InstanceConfig instance = LoadOne(
      "[exporters.fake]\nfreshness = '0s'\ntimeout = '250ms'\nstale_after = '1h'\nprefetch = "
      "true");
  CHECK(instance.prefetch);
  CHECK(LoadOne("[exporters.fake]\nmax_target_load = 0.02").max_target_load == 0.02);
  CHECK(instance.freshness == seconds(0));
  CHECK(instance.timeout == milliseconds(250));
  CHECK(instance.stale_after == minutes(60));
}

TEST_CASE("an unknown key suggests options and keys of every instance") {
  CHECK(Problem("adress = 'x'") ==
        "a.toml:2:1: exporters.fake.adress: unknown key; did you mean `address`?\n");
  CHECK(Problem("fresness = '1s'") ==
        "a.toml:2:1: exporters.fake.fresness: unknown key; did you mean `freshness`?\n");
  CHECK(Text(Load("[exporters.plain]\nunheard_of = 1")) ==
        "a.toml:2:1: exporters.plain.unheard_of: unknown key; accepted: type, labels, freshness, "
        "timeout, stale_after, prefetch, connections, max_target_load, collectors, keep, drop, "
        "rules, series_max, "
        "family_series_max, "
        "label_value_bytes_max\n");
}

TEST_CASE("what an exporter requires is named when it is missing or empty") {
  CHECK(Text(Load("[exporters.strict]")) ==
        "a.toml:1:12: exporters.strict.dsn: is missing; this exporter needs it\n"
        "a.toml:1:12: exporters.strict.realm: is missing; this exporter needs it\n");
  CHECK(Text(Load("[exporters.strict]\ndsn = ''\nrealm = '${env:EMPTY}'",
                  {.variables = {{"EMPTY", ""}}})) ==
        "a.toml:2:7: exporters.strict.dsn: must not be empty\n"
        "a.toml:3:9: exporters.strict.realm: must not be empty\n");
}

TEST_CASE("an exporter type that does not exist is explained") {
  CHECK(Text(Load("[exporters.a]\ntype = 'fakee'")) ==
        "a.toml:2:8: exporters.a.type: no such exporter; there are fake, plain, strict; did you "
        "mean `fake`?\n");
  CHECK(Text(Load("[exporters.a]\ntype = 'oracle'")) ==
        "a.toml:2:8: exporters.a.type: no such exporter; there are fake, plain, strict\n");
  CHECK(Text(Load("[exporters.a]\ntype = '../../tmp/fake'")) ==
        "a.toml:2:8: exporters.a.type: not the name of an exporter; write letters, digits, _ and "
        "-\n");
  CHECK(Text(Load("[exporters.fkae]")) ==
        "a.toml:1:12: exporters.fkae.type: is missing, and the instance is not called like an "
        "exporter; write type = \"...\"; did you mean `fake`?\n");
}

TEST_CASE("keys that every exporter has are checked even when the type is wrong") {
  CHECK(Text(Load("[exporters.a]\ntype = 'oracle'\ntimeout = 1\nlabels = 1\nanything = 1")) ==
        "a.toml:2:8: exporters.a.type: no such exporter; there are fake, plain, strict\n"
        "a.toml:3:11: exporters.a.timeout: needs a unit and quotes, such as \"1s\"\n"
        "a.toml:4:10: exporters.a.labels: must be a table, not an integer\n");
}

TEST_CASE("a plugin whose tables cannot be used is refused by name") {
  CHECK(Text(Load("[exporters.broken]")) ==
        "a.toml:1:12: exporters.broken.type: exporter `broken` cannot be used: the default of its "
        "option `port`: must be between 1 and 9\n");
}

TEST_CASE("names of instances are bounded") {
  CHECK(Load("[exporters.'a.b-C_9']\ntype = 'fake'").config != nullptr);
  const std::string what =
      ": not a name for an instance; write 1 to 64 letters, digits, _, . and -\n";
  CHECK(Text(Load("exporters.'' = { type = 'fake' }")) == "a.toml:1:11: exporters.\"\"" + what);
  CHECK(Text(Load("exporters.\"a\\nb\" = { type = 'fake' }")) ==
        "a.toml:1:11: exporters.\"a\\nb\"" + what);
  const std::string longest(64, 'x');
  CHECK(Load("[exporters." + longest + "]\ntype = 'fake'").config != nullptr);
  CHECK(Text(Load("[exporters.x" + longest + "]\ntype = 'fake'")) ==
        "a.toml:1:12: exporters." + longest + "..." + what);
}

TEST_CASE("an instance that is no table is refused") {
  CHECK(Text(Load("exporters.fake = 'x'")) ==
        "a.toml:1:18: exporters.fake: must be a table, not a string\n");
  CHECK(Text(Load("[[exporters.fake]]\n")) ==
        "a.toml:1:1: exporters.fake: must be a table, not an array\n");
}

TEST_CASE("labels are kept in their order") {
  const InstanceConfig instance =
      LoadOne("[exporters.fake]\nlabels = { service = 'orders', az = '${env:AZ}' }",
              {.variables = {{"AZ", "eu-1"}}});
  CHECK(instance.labels ==
        std::vector<std::pair<std::string, std::string>>{{"service", "orders"}, {"az", "eu-1"}});
}

TEST_CASE("labels that would spoil the page are refused") {
  const std::string at = "a.toml:2:12: exporters.fake.labels.";
  const std::string name =
      ": not a label name: it is empty, starts with __ or is not UTF-8 without NUL\n";
  CHECK(Problem("labels = { a-b = 'x' }") ==
        "warning: " + at +
            "a-b: is not of a-z, A-Z, 0-9 and _: a Prometheus before 3.0 gets it with other "
            "characters in their place\n");
  CHECK(Problem("labels = { __a = 'x' }") == at + "__a" + name);
  CHECK(Problem("labels = { " + std::string(129, 'x') + " = 'x' }") ==
        at + std::string(64, 'x') + "...: longer than 128 bytes\n");
  CHECK(Problem("labels = { le = 'x' }") ==
        at + "le: reserved: histograms and summaries use this label themselves\n");
  CHECK(Problem("labels = { quantile = 'x' }") ==
        at + "quantile: reserved: histograms and summaries use this label themselves\n");
  CHECK(Problem("labels = { state = 'x' }") ==
        at + "state: metrics of this exporter have a label of that name themselves\n");
  CHECK(Problem("labels = { a = '' }") ==
        "a.toml:2:16: exporters.fake.labels.a: must not be empty: Prometheus drops empty labels\n");
  CHECK(Problem("labels = { a = 5 }") ==
        "a.toml:2:16: exporters.fake.labels.a: must be a string, not an integer\n");
  CHECK(Problem("labels = { a = '" + std::string(1025, 'x') + "' }") ==
        "a.toml:2:16: exporters.fake.labels.a: longer than 1024 bytes\n");
  std::string many = "labels = {";
  for (int i = 0; i < 33; ++i) many += (i > 0 ? ", l" : "l") + std::to_string(i) + " = 'x'";
  CHECK(Problem(many + "}") == "a.toml:2:10: exporters.fake.labels: has more than 32 labels\n");
}

TEST_CASE("labels that clash with those of the target are warned of") {
  const auto result = Load("[exporters.fake]\nlabels = { job = 'x', instance = 'y' }");
  CHECK(result.config != nullptr);
  CHECK(Text(result) ==
        "warning: a.toml:2:12: exporters.fake.labels.job: Prometheus sets this label itself and "
        "renames yours to exported_job unless honor_labels is on\n"
        "warning: a.toml:2:23: exporters.fake.labels.instance: Prometheus sets this label itself "
        "and renames yours to exported_instance unless honor_labels is on\n");
}

// base, sizes, keys as "+" or "-" with their schedule in seconds, and their time-out if they have
// one.
std::string Collectors(const std::string& line) {
  std::string text;
  for (const CollectorConfig& c : LoadOne("[exporters.fake]\n" + line).collectors) {
    text += (c.enabled ? "+" : "-") +
            std::to_string(std::chrono::duration_cast<seconds>(c.every).count());
    const auto timeout = std::chrono::duration_cast<seconds>(c.timeout).count();
    text += timeout == 0 ? " " : "/" + std::to_string(timeout) + " ";
  }
  return text;
}

TEST_CASE("collectors are switched over the defaults or named exactly") {
  CHECK(Collectors("") == "+0 -300 +0 ");
  CHECK(Collectors("collectors = ['sizes', 'keys']") == "-0 +300 +0 ");
  CHECK(Collectors("collectors = []") == "-0 -300 -0 ");
  CHECK(Collectors("collectors = { base = false, sizes = true }") == "-0 +300 +0 ");
  CHECK(Collectors("collectors = { sizes = { every = '1h' } }") == "+0 +3600 +0 ");
  CHECK(Collectors("collectors = { sizes = { every = '0s' } }") == "+0 +0 +0 ");
  CHECK(Collectors("collectors = { keys = { every = '2m', enabled = false } }") == "+0 -300 -120 ");
  CHECK(Collectors("[exporters.fake.collectors.keys]\nevery = '2m'") == "+0 -300 +120 ");
  CHECK(Collectors("collectors = { keys = { timeout = '2s' }, sizes = { timeout = '2m' } }") ==
        "+0 +300/120 +0/2 ");
}

TEST_CASE("an exporter without a collector table has one called default") {
  CHECK(LoadOne("[exporters.plain]").collectors.size() == 1);
  const auto off = LoadOne("[exporters.plain]\ncollectors = { default = false }");
  CHECK_FALSE(off.collectors[0].enabled);
}

TEST_CASE("wrong collectors are explained") {
  const std::string path = "exporters.fake.collectors";
  CHECK(Problem("collectors = ['size', 'zzz', 5]") ==
        "a.toml:2:15: " + path + "[0]: unknown collector; did you mean `sizes`?\n" +
            "a.toml:2:23: " + path + "[1]: unknown collector; accepted: base, sizes, keys\n" +
            "a.toml:2:30: " + path + "[2]: must be a string, not an integer\n");
  CHECK(Problem("collectors = ['base', 'base']") ==
        "a.toml:2:23: " + path + "[1]: is in the list twice\n");
  CHECK(Problem("collectors = { bas = true }") ==
        "a.toml:2:16: " + path + ".bas: unknown collector; did you mean `base`?\n");
  CHECK(Problem("collectors = { base = 'on' }") ==
        "a.toml:2:23: " + path +
            ".base: must be true, false or a table such as { every = \"5m\" }, not a string\n");
  CHECK(Problem("collectors = 'base'") ==
        "a.toml:2:14: " + path +
            ": must be a list of names or a table such as { NAME = false }, not a string\n");
  CHECK(Problem("collectors = { base = { evry = '5m' } }") ==
        "a.toml:2:25: " + path + ".base.evry: unknown key; did you mean `every`?\n");
  CHECK(Problem("collectors = { base = { every = '1us', enabled = 1 } }") ==
        "a.toml:2:33: " + path +
            ".base.every: must be between 10ms and 30d, or \"0s\" for each scrape\n" +
            "a.toml:2:50: " + path + ".base.enabled: must be true or false, not an integer\n");
  CHECK(Problem("collectors = { base = { timeout = '1us' } }") ==
        "a.toml:2:35: " + path + ".base.timeout: must be between 10ms and 1h\n");
}

TEST_CASE("two instances that nothing tells apart are warned of") {
  const auto result = Load(R"([exporters.a]
type = "fake"
[exporters.b]
type = "fake"
[exporters.c]
type = "fake"
labels = { service = "x", az = "1" }
[exporters.d]
type = "fake"
labels = { az = "1", service = "x" }
[exporters.plain]
)");
  CHECK(result.config != nullptr);
  CHECK(Text(result) ==
        "warning: a.toml:3:12: exporters.b: no label tells it from `a` (a.toml:1:12), so that "
        "series of the two collide; give each its own, such as labels = { service = \"...\" }\n"
        "warning: a.toml:8:12: exporters.d: no label tells it from `c` (a.toml:5:12), so that "
        "series of the two collide; give each its own, such as labels = { service = \"...\" }\n");
}

TEST_CASE("a configuration without instances is warned of") {
  const std::string warning =
      "warning: no exporter is configured; add [exporters.NAME] to a file, or --exporter "
      "TYPE=ADDRESS\n";
  const auto result = Load("");
  CHECK(result.config != nullptr);
  CHECK(Text(result) == warning);
  CHECK(Text(Load(std::vector<ConfigText>{})) == warning);
  CHECK(Text(Load("[exporters]")) == warning);
}

TEST_CASE("instances are bounded") {
  std::string text;
  for (size_t i = 0; i <= kInstancesMax; ++i) {
    text += "[exporters.e" + std::to_string(i) + "]\ntype = 'fake'\nlabels.n = '" +
            std::to_string(i) + "'\n";
  }
  CHECK(Text(Load(text)) == "a.toml:769:12: exporters: more than 256 instances\n");
}

}  // namespace
}  // namespace pillion
