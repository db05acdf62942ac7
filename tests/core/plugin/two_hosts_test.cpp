// One module in the author's test kit and in the real host: what comes out must be the same, or a
// plugin's tests would promise what the sidecar doesn't keep.
#include "core/plugin/fragment_text.hpp"
#include "plugin/module.hpp"
#include "plugin/object.hpp"

#include <pillion/testing/test_host.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

using namespace pillion;
using namespace std::chrono_literals;

namespace {

struct Both {
  explicit Both(std::vector<bool> due) {
    const auto type = LoadModule(PILLION_EVERY_TYPE_MODULE);
    REQUIRE_MESSAGE(type.ok(), type.error().message);
    auto config = std::make_shared<InstanceConfig>();
    config->name = "test";
    config->type = "every_type";
    config->collectors.resize((*type)->collectors().size());
    auto object =
        PluginObject::Create(*type, config, {*type, &(*type)->families()}, {}, &SystemClock());
    REQUIRE(object.ok());
    real = (*object)->Poll(due, SystemClock().Now() + 10s);

    testing::TestHost host(&(*type)->plugin());
    REQUIRE(host.Create().ok());
    testing::PollRequest request;
    for (size_t i = 0; i < due.size(); ++i) {
      if (due[i]) request.due.push_back((*type)->collectors()[i].name);
    }
    kit = host.Poll(request);
  }
  PollOutcome real;
  testing::PollReport kit;
};

// Line by line, so that a difference can be read.
void CheckEqual(const std::string& real, const std::string& kit) {
  size_t at = 0;
  while (at < real.size() && at < kit.size() && real[at] == kit[at]) ++at;
  if (at == real.size() && at == kit.size()) return;
  const auto line = [&](const std::string& text) {
    const size_t begin = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
    return text.substr(begin, text.find('\n', at) - begin);
  };
  CHECK(line(real) == line(kit));
  CHECK(real == kit);
}

}  // namespace

TEST_CASE("every kind of sample is the same in the test kit and in the real host") {
  const Both both({true, true, true, false});
  CHECK(both.real.ok());
  CHECK(both.kit.ok());
  CHECK(both.kit.problems.empty());
  CHECK(both.real.drops.total() == 0);
  CheckEqual(test::CanonicalText(both.real), both.kit.text);
  for (const char* type : {"counter", "gauge", "untyped", "histogram", "gaugehistogram", "summary",
                           "info", "stateset"}) {
    CHECK(both.kit.text.find(std::string(" ") + type + "\n") != std::string::npos);
  }
  for (const char* part :
       {"schema:3", "_created{", "# {trace_id=\"a\\\"b\"} 3 1500000000", "le=\"+Inf\"",
        "quantile=\"1.5\"", "NaN", "\xEF\xBF\xBD", "every_setting_size_bytes"}) {
    INFO(std::string(part));
    CHECK(both.kit.text.find(part) != std::string::npos);
  }
  CHECK(both.kit.text.find("every_lost") == std::string::npos);
}

TEST_CASE("what the real host drops the test kit drops and complains of") {
  const Both both({false, false, false, true});
  CheckEqual(test::CanonicalText(both.real), both.kit.text);
  CHECK(both.kit.text.find("which=\"first\"} 1\n") != std::string::npos);
  CHECK(both.kit.text.find("which=\"last\"} 10\n") != std::string::npos);
  CHECK(both.real.drops.total() == both.kit.problems.size());
  CHECK(both.real.drops.total() >= 14);
}

TEST_CASE("outcomes of collectors and facts are the same in both hosts") {
  const Both both({true, true, true, true});
  REQUIRE(both.real.collectors.size() == both.kit.collectors.size());
  for (size_t i = 0; i < both.kit.collectors.size(); ++i) {
    const CollectorOutcome& real = both.real.collectors[i];
    CHECK(real.reason == both.kit.collectors[i].reason);
    CHECK(real.message == both.kit.collectors[i].message);
  }
  REQUIRE(both.real.facts.size() == 1);
  CHECK(both.kit.facts.at("version") == both.real.facts[0].second);
}
