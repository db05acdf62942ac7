// Exporters that exist only as descriptors, and LoadConfig over texts with an environment and
// files that a test makes up. Nothing of the machine leaks in.
#pragma once

#include "config/config.hpp"
#include "config/config_text.hpp"

#include <pillion/tables.hpp>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pillion::testing {

// A descriptor whose structs are larger than ours, as those of a newer plugin: whoever walks its
// arrays must step by their own size.
class FakeExporter {
 public:
  FakeExporter(std::string_view type, std::vector<Option> options,
               std::vector<Collector> collectors = {}, std::vector<Metric> metrics = {});
  FakeExporter(const FakeExporter&) = delete;
  FakeExporter& operator=(const FakeExporter&) = delete;

  const pillion_plugin& plugin() const { return plugin_; }

 private:
  template <typename T>
  struct Wide {
    T base;
    uint64_t newer[3];
  };

  detail::TablesInC tables_;
  std::vector<Wide<pillion_option>> options_;
  std::vector<Wide<pillion_collector>> collectors_;
  std::vector<Wide<pillion_metric>> metrics_;
  pillion_plugin plugin_{};
};

// `fake` has an option of every type and three collectors; `strict` needs its address, which is
// a secret; `plain` has no option at all; `broken` has a default that its option refuses.
const FakeExporter& Fake();
DescriptorLookup FakeLookup();
inline const std::vector<std::string> kFakeTypes = {"fake", "plain", "strict"};

// What surrounds a text.
struct World {
  std::vector<std::string> exporters;
  std::map<std::string, std::string> variables;
  std::vector<ConfigFlag> flags;
  std::map<std::string, std::string> files;
  InstanceCheck check;
};

ConfigResult Load(const std::vector<ConfigText>& texts, const World& world = {});
inline ConfigResult Load(std::string text, const World& world = {}) {
  return Load(std::vector<ConfigText>{{"a.toml", std::move(text), ""}}, world);
}

// All problems, a line each; a warning begins with "warning: ".
std::string Text(const ConfigResult& result);

}  // namespace pillion::testing
