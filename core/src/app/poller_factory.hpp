// From an instance's configuration to a poller with its lanes and plugin objects.
#pragma once

#include "plugin/catalog.hpp"
#include "poll/instance_poller.hpp"

#include <memory>
#include <string_view>
#include <vector>

namespace pillion {

// The sidecar's own metrics: an instance like others to who scrapes.
inline constexpr std::string_view kSelfInstanceName = "pillion";

struct PollerSurroundings {
  PluginCatalog* catalog;
  Timers* timers;
  const Clock* clock;
  PollObserver* observer;
  // Collectors that an exporter declares run with each poll, within its timeout.
  bool one_lane = false;
};

// Errors name the instance's position in the configuration. Starts the lanes' threads, polls
// nothing yet.
Result<std::shared_ptr<InstancePoller>> MakePoller(std::shared_ptr<const InstanceConfig> config,
                                                   const PollerSurroundings& surroundings);

// What may go wrong in MakePoller, for an InstanceCheck: makes an object and lets it go again.
std::vector<InstanceComplaint> CheckInstance(const InstanceConfig& config, PluginCatalog& catalog);

// Warns of secrets that cannot be read as well. Not an error: they may come later, and what checks
// a configuration is often not what will run with it.
std::vector<InstanceComplaint> CheckInstanceAndSecrets(const InstanceConfig& config,
                                                       PluginCatalog& catalog);

// Asks the instance's target what its options are worth there, at least whether it can be read;
// empty if all is well. Connects, within the instance's timeout.
std::vector<InstanceComplaint> CheckTarget(const InstanceConfig& config, PluginCatalog& catalog);

}  // namespace pillion
