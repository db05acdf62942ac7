#include "fuzz/config_input.hpp"

#include "config/units.hpp"
#include "core/config/fake_exporter.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace pillion::testing {
namespace {

constexpr char kSeparator = 0x1E;
constexpr size_t kProblemBytesMax = 2000;
constexpr std::string_view kSecret = "hunter2correcthorse";

std::vector<std::string> Split(std::string_view input) {
  std::vector<std::string> parts;
  for (;;) {
    const size_t at = input.find(kSeparator);
    parts.emplace_back(input.substr(0, at));
    if (at == std::string_view::npos) return parts;
    input.remove_prefix(at + 1);
  }
}

std::string WrongUnits(const std::string& text) {
  if (const auto duration = ParseDuration(text)) {
    if (*duration < duration->zero() || *duration > kDurationMax) return "a duration out of range";
    const auto again = ParseDuration(FormatDuration(*duration));
    if (!again || *again != *duration) return "a duration that does not read back";
  }
  if (const auto size = ParseSize(text)) {
    if (*size < 0) return "a negative size";
    const auto again = ParseSize(FormatSize(*size));
    if (!again || *again != *size) return "a size that does not read back";
  }
  return {};
}

std::string WrongProblem(const std::string& text) {
  const bool control = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
  if (control) return "a problem with control characters";
  if (text.size() > kProblemBytesMax) return "a problem that is too long";
  if (text.find(kSecret) != std::string::npos) return "a problem that tells a secret";
  return {};
}

std::string WrongConfig(const Config& config) {
  std::set<std::string> names;
  for (const InstanceConfig& instance : config.instances) {
    if (!names.insert(instance.name).second) return "two instances of one name";
    if (instance.collectors.empty()) return "an instance without collectors";
    const auto port = instance.options.find("port");
    if (port == instance.options.end()) continue;
    if (port->second.integer < 1 || port->second.integer > 65535) return "a port out of range";
  }
  return config.http.listen.empty() ? "no address to listen on" : "";
}

}  // namespace

std::string CheckConfigInput(std::string_view input) {
  const std::vector<std::string> parts = Split(input);
  std::vector<ConfigText> texts;
  World world;
  world.variables = {{"SECRET", std::string(kSecret)}, {"EMPTY", ""}};
  world.files = {{"/secret", std::string(kSecret) + "\n"}};
  for (size_t i = 0; i < parts.size(); ++i) {
    if (std::string wrong = WrongUnits(parts[i]); !wrong.empty()) return wrong;
    if (i < 2) {
      texts.push_back({i == 0 ? "a.toml" : "b.toml", parts[i], ""});
    } else {
      world.exporters.push_back(parts[i]);
    }
  }
  const ConfigResult result = Load(texts, world);
  const bool errors = std::any_of(result.problems.begin(), result.problems.end(),
                                  [](const ConfigProblem& problem) { return !problem.warning; });
  if (errors == (result.config != nullptr)) return "a config in spite of errors, or none";
  // What the input itself spells out may come back as a key.
  const bool spelled = input.find(kSecret) != std::string_view::npos;
  for (const ConfigProblem& problem : result.problems) {
    std::string wrong = WrongProblem(problem.text);
    if (!wrong.empty() && !spelled) return wrong;
  }
  return result.config == nullptr ? std::string() : WrongConfig(*result.config);
}

}  // namespace pillion::testing
