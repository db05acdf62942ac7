#include "app/commands.hpp"
#include "app/poller_factory.hpp"
#include "app/setup.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace pillion {
int Check(const Arguments& arguments) {
  const auto catalog = MakeCatalog(arguments);
  const auto config = ReadConfig(arguments, *catalog, [&](const InstanceConfig& instance) {
    auto complaints = CheckInstanceAndSecrets(instance, *catalog);
    const bool sound = std::all_of(complaints.begin(), complaints.end(),
                                   [](const auto& complaint) { return complaint.warning; });
    // A probe is tried without its targets: which there are is known to scrapers only.
    if (arguments.connect && sound && instance.target.empty()) {
      for (auto& found : CheckTarget(instance, *catalog)) complaints.push_back(std::move(found));
    }
    return complaints;
  });
  std::unique_ptr<PageGuard> guard;
  if (config == nullptr || !ReadPageGuard(arguments, *config, guard)) return kExitUsage;
  std::printf("ok: %zu instance%s\n", config->instances.size(),
              config->instances.size() == 1 ? "" : "s");
  for (const InstanceConfig& instance : config->instances) {
    std::printf("  %s (%s)\n", instance.name.c_str(), instance.type.c_str());
  }
  for (const ProbeConfig& probe : config->probes) {
    std::printf("  %s (%s), for targets that are asked for\n", probe.InstanceName().c_str(),
                probe.instance.type.c_str());
  }
  return kExitOk;
}

}  // namespace pillion
