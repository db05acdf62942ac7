#include "app/arguments.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace pillion;

namespace {

ParsedArguments Parse(std::vector<const char*> words) {
  words.insert(words.begin(), "pillion");
  return ParseArguments(static_cast<int>(words.size()), words.data());
}

}  // namespace

TEST_CASE("serve takes several exporters and addresses") {
  const auto parsed = Parse({"serve", "--exporter", "redis=127.0.0.1:6379", "--exporter",
                             "postgres=host=/run/postgresql user=m", "--listen", "127.0.0.1:0",
                             "--listen", "unix:/tmp/x", "--port-file", "/tmp/p"});
  REQUIRE_FALSE(parsed.exit_code.has_value());
  CHECK(parsed.arguments.command == Command::kServe);
  CHECK(parsed.arguments.exporters ==
        std::vector<std::string>{"redis=127.0.0.1:6379", "postgres=host=/run/postgresql user=m"});
  CHECK(parsed.arguments.listen == std::vector<std::string>{"127.0.0.1:0", "unix:/tmp/x"});
  CHECK_FALSE(parsed.arguments.admin_listen.has_value());
}

TEST_CASE("the admin plane can be switched off by an empty address") {
  const auto parsed = Parse({"serve", "--admin-listen", ""});
  REQUIRE_FALSE(parsed.exit_code.has_value());
  CHECK(parsed.arguments.admin_listen == "");
}

TEST_CASE("scrape and describe take their own options") {
  const auto scrape = Parse({"scrape", "--instance", "x", "--format", "openmetrics"});
  CHECK(scrape.arguments.command == Command::kScrape);
  CHECK(scrape.arguments.format == "openmetrics");
  const auto describe = Parse({"describe", "postgres", "--markdown"});
  CHECK(describe.arguments.type == "postgres");
  CHECK(describe.arguments.markdown);
}

TEST_CASE("help and version end with 0 and mistakes with 2") {
  CHECK(Parse({"--help"}).exit_code == 0);
  CHECK(Parse({"serve", "--help"}).exit_code == 0);
  CHECK(Parse({"--version"}).exit_code == 0);
  CHECK(Parse({}).exit_code == 2);
  CHECK(Parse({"serv"}).exit_code == 2);
  CHECK(Parse({"serve", "--lisen", "x"}).exit_code == 2);
  CHECK(Parse({"describe"}).exit_code == 2);
  CHECK(Parse({"scrape", "--format", "xml"}).exit_code == 2);
}
