#include "app/commands.hpp"
#include "app/poller_factory.hpp"
#include "app/setup.hpp"

#include <cstdio>

namespace pillion {
namespace {

// Not an error: what checks a configuration is often not what will run with it.
void AddSecrets(const InstanceConfig& instance, std::vector<InstanceComplaint>& complaints) {
  for (const auto& [name, value] : instance.options) {
    if (value.secret.empty()) continue;
    if (const Result<std::string> read = value.secret.Read(); !read) {
      complaints.push_back({name, read.error().message, /*warning=*/true});
    }
  }
}

}  // namespace

int Check(const Arguments& arguments) {
  const auto catalog = MakeCatalog(arguments);
  const auto config = ReadConfig(arguments, *catalog, [&](const InstanceConfig& instance) {
    auto complaints = CheckInstance(instance, *catalog);
    AddSecrets(instance, complaints);
    return complaints;
  });
  if (config == nullptr) return kExitUsage;
  std::printf("ok: %zu instance%s\n", config->instances.size(),
              config->instances.size() == 1 ? "" : "s");
  for (const InstanceConfig& instance : config->instances) {
    std::printf("  %s (%s)\n", instance.name.c_str(), instance.type.c_str());
  }
  return kExitOk;
}

}  // namespace pillion
