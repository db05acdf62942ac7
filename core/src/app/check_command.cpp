#include "app/commands.hpp"
#include "app/poller_factory.hpp"
#include "app/setup.hpp"

#include <cstdio>

namespace pillion {
namespace {

// Not an error: what checks a configuration is often not what will run with it.
void WarnOfSecrets(const InstanceConfig& instance) {
  for (const auto& [name, value] : instance.options) {
    if (value.secret.empty()) continue;
    if (const Result<std::string> read = value.secret.Read(); !read) {
      std::fprintf(stderr, "warning: %s: exporters.%s.%s: %s\n", instance.position.c_str(),
                   instance.name.c_str(), name.c_str(), read.error().message.c_str());
    }
  }
}

}  // namespace

int Check(const Arguments& arguments) {
  const auto catalog = MakeCatalog(arguments);
  const auto config = ReadConfig(arguments, *catalog);
  if (config == nullptr) return kExitUsage;
  bool ok = true;
  for (const InstanceConfig& instance : config->instances) {
    WarnOfSecrets(instance);
    auto checked = CheckInstance(std::make_shared<const InstanceConfig>(instance), *catalog);
    if (checked) continue;
    std::fprintf(stderr, "%s\n", checked.error().message.c_str());
    ok = false;
  }
  if (!ok) return kExitUsage;
  std::printf("ok: %zu instance%s\n", config->instances.size(),
              config->instances.size() == 1 ? "" : "s");
  for (const InstanceConfig& instance : config->instances) {
    std::printf("  %s (%s)\n", instance.name.c_str(), instance.type.c_str());
  }
  return kExitOk;
}

}  // namespace pillion
