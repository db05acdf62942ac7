#include "app/compat_command.hpp"

#include <doctest/doctest.h>

namespace pillion {
namespace {

using Words = std::vector<std::string>;

std::optional<CompatCall> Parse(const std::vector<const char*>& words) {
  return ParseCompatCall(static_cast<int>(words.size()), words.data());
}

TEST_CASE("the name of the executable says in whose place it stands") {
  for (const char* name : {"other_exporter", "/usr/bin/other_exporter",
                           "./prometheus-other-exporter", "prometheus-other_exporter"}) {
    CAPTURE(name);
    const auto call = Parse({name, "--a", "compat", "--print-config"});
    REQUIRE(call);
    CHECK(call->program == "other_exporter");
    CHECK(!call->by_command);
    CHECK(call->arguments == Words{"--a", "compat"});
    CHECK(call->print_config);
  }
}

TEST_CASE("pillion is itself unless compat is its first word") {
  CHECK(!Parse({}));
  CHECK(!Parse({"pillion"}));
  CHECK(!Parse({"/opt/pillion-0.1/pillion", "serve", "compat"}));
  CHECK(!Parse({"pillion.real", "--version"}));
  const auto call = Parse({"pillion", "compat", "other-exporter", "-print-config", "x"});
  REQUIRE(call);
  CHECK(call->by_command);
  CHECK(call->program == "other_exporter");
  CHECK(call->arguments == Words{"x"});
  CHECK(call->print_config);
  CHECK(Parse({"pillion", "compat"})->program.empty());
  CHECK(Parse({"p", "compat", "other-exporter"})->by_command);
}

TEST_CASE("under a name that nobody translates for pillion is itself") {
  CHECK(!RunCompat(*Parse({"renamed", "serve"})));
  CHECK(RunCompat(*Parse({"pillion", "compat", "renamed"})) == 2);
  CHECK(RunCompat(*Parse({"pillion", "compat", "--help"})) == 0);
  CHECK(RunCompat(*Parse({"pillion", "compat", "../../lib/renamed"})) == 2);
}

}  // namespace
}  // namespace pillion
