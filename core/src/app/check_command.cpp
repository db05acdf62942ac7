#include "app/commands.hpp"
#include "app/poller_factory.hpp"
#include "app/setup.hpp"

#include <cstdio>

namespace pillion {
int Check(const Arguments& arguments) {
  const auto catalog = MakeCatalog(arguments);
  const auto config = ReadConfig(arguments, *catalog, [&](const InstanceConfig& instance) {
    return CheckInstanceAndSecrets(instance, *catalog);
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
