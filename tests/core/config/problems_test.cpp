#include "config/problems.hpp"
#include "core/config/fake_exporter.hpp"

#include <doctest/doctest.h>

#include <string>

namespace pillion {
namespace {

using testing::Load;
using testing::Text;

TEST_CASE("a file full of errors tells all of them at once") {
  CHECK(Text(Load(R"(# what an operator may get wrong in an afternoon
selff = "merged"

[http]
listen = ["9970", "127.0.0.1:9970"]
admin_listen = "0.0.0.0:9971"
scrape_timeout = "ten seconds"

[exporters.cache]
type = "fake"
adress = "127.0.0.1:6379"
pasword = "hunter2"
port = "6379"
labels = { le = "1", job = "cache", __1st = "x" }
collectors = { key = { every = "5m" }, base = { every = 300 } }

[exporters.orders]
type = "strct"
dsn = "host=/var/run/postgresql"

[exporters.strict]
dsn = "${env:ORDERS_DSN"
freshness = 1

[exporters."my cache"]
type = "fake"
)")) ==
        R"(a.toml:2:1: selff: unknown key; did you mean `self`?
a.toml:5:11: http.listen[0]: expected HOST:PORT, [IPV6]:PORT, :PORT or unix:/PATH
a.toml:6:16: http.admin_listen: only listens on loopback; write "127.0.0.1:9971", or "" to turn it off
a.toml:7:18: http.scrape_timeout: not a duration: it does not start with a digit; write a number and a unit, such as "500ms", "1.5s", "5m", "2h" or "1d"
a.toml:11:1: exporters.cache.adress: unknown key; did you mean `address`?
a.toml:12:1: exporters.cache.pasword: unknown key; did you mean `password`?
a.toml:13:8: exporters.cache.port: must be an integer, not a string
a.toml:14:12: exporters.cache.labels.le: reserved: histograms and summaries use this label themselves
warning: a.toml:14:22: exporters.cache.labels.job: Prometheus sets this label itself and renames yours to exported_job unless honor_labels is on
a.toml:14:37: exporters.cache.labels.__1st: not a label name: it is empty, starts with __ or is not UTF-8 without NUL
a.toml:15:16: exporters.cache.collectors.key: unknown collector; did you mean `keys`?
a.toml:15:57: exporters.cache.collectors.base.every: needs a unit and quotes, such as "300s"
a.toml:18:8: exporters.orders.type: no such exporter; there are fake, plain, strict; did you mean `strict`?
a.toml:21:12: exporters.strict.realm: is missing; this exporter needs it
a.toml:22:7: exporters.strict.dsn: a ${ is not closed with }; write ${env:NAME} or ${file:PATH}, and $${ for a plain ${
a.toml:23:13: exporters.strict.freshness: needs a unit and quotes, such as "1s"
a.toml:25:12: exporters."my cache": not a name for an instance; write 1 to 64 letters, digits, _, . and -
)");
}

TEST_CASE("errors of syntax come with their position and no value") {
  const auto problem = [](const char* text) { return Text(Load(text)); };
  CHECK(problem("a = 1\na = 2") ==
        "a.toml:2:5: syntax: Error while parsing key-value pair: cannot redefine existing integer "
        "'a'\n");
  CHECK(problem("[http\n") ==
        "a.toml:1:6: syntax: Error while parsing table header: expected ']'\n");
  CHECK(problem("\n\nlisten = true_secret") ==
        "a.toml:3:14: syntax: Error while parsing boolean: expected value-terminator\n");
  CHECK(problem("password = 99999999999999999999") ==
        "a.toml:1:32: syntax: Error while parsing decimal integer: what it says is not "
        "representable in "
        "64 bits\n");
}

TEST_CASE("no config comes out when there is an error and one does when there are warnings") {
  CHECK(Load("x = 1").config == nullptr);
  CHECK(Load("[exporters.fake]\nlabels = { job = 'x' }").config != nullptr);
}

TEST_CASE("problems are bounded and the rest is counted") {
  std::string text = "[http]\n";
  for (int i = 0; i < 1000; ++i) text += "unknown" + std::to_string(i) + " = 1\n";
  const auto result = Load(text);
  CHECK(result.config == nullptr);
  REQUIRE(result.problems.size() == Problems::kProblemsMax + 1);
  CHECK(result.problems.back().text == "900 further problems are not shown");
  CHECK_FALSE(result.problems.back().warning);
}

TEST_CASE("an error behind many warnings still stops the start") {
  Problems problems({"a"});
  for (size_t i = 0; i < Problems::kProblemsMax; ++i) problems.Warn({0, {}}, "k", "w");
  CHECK_FALSE(problems.HasErrors());
  problems.Error({0, {}}, "k", "e");
  CHECK(problems.HasErrors());
  CHECK_FALSE(problems.Take().back().warning);
}

TEST_CASE("keys in a problem stay on their line") {
  CHECK(JoinKey("", "http") == "http");
  CHECK(JoinKey("exporters", "a-b_C9") == "exporters.a-b_C9");
  CHECK(JoinKey("exporters", "a.b") == "exporters.\"a.b\"");
  CHECK(JoinKey("x", "a\nb\x1b[2J") == "x.\"a\\nb\\x1b[2J\"");
  CHECK(JoinKey("x", "") == "x.\"\"");
  CHECK(Text(Load("\"a\\nlevel=error\" = 1")).find('\n') ==
        Text(Load("\"a\\nlevel=error\" = 1")).size() - 1);
}

TEST_CASE("long text is cut between characters") {
  CHECK(Printable("abc", 3) == "abc");
  CHECK(Printable("abcd", 3) == "abc...");
  CHECK(Printable("ab\xC3\xA9x", 3) == "ab...");
  CHECK(Printable("ab\xC3\xA9", 4) == "ab\xC3\xA9");
  CHECK(Printable(std::string("a\0b", 3)) == "a\\x00b");
}

}  // namespace
}  // namespace pillion
