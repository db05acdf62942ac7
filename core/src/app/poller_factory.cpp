#include "app/poller_factory.hpp"

#include "poll/lane.hpp"

#include <algorithm>
#include <cstring>
#include <random>
#include <utility>

namespace pillion {
namespace {

Error At(const InstanceConfig& config, const Error& error) {
  if (!config.target.empty()) return error;  // told to who asked for it, not to the operator
  return {error.reason, config.position + ": exporters." + config.name + ": " + error.message};
}

// Empty: an instance may be called so.
std::string WrongName(const InstanceConfig& config) {
  if (config.name != kSelfInstanceName) return {};
  return "`pillion` is where the sidecar's own metrics are shown; choose another name";
}

// "; cached, read every 5m" for each collector of the slow lane.
std::vector<std::string> HelpSuffixes(const InstanceConfig& config) {
  std::vector<std::string> suffixes;
  for (const CollectorConfig& collector : config.collectors) {
    const bool slow = collector.enabled && collector.every.count() > 0;
    suffixes.push_back(slow ? " (cached: read every " + FormatDuration(collector.every) + ")" : "");
  }
  return suffixes;
}

std::chrono::nanoseconds Bounded(uint64_t nanoseconds) {
  const auto most = static_cast<uint64_t>(kDurationMax.count());
  return std::chrono::nanoseconds(static_cast<int64_t>(std::min(nanoseconds, most)));
}

Result<std::unique_ptr<PluginObject>> MakeObject(const ExporterTypePtr& type,
                                                 std::shared_ptr<const InstanceConfig> config,
                                                 bool slow, const Clock* clock) {
  std::shared_ptr<const FamilyTable> families(type, &type->families());
  std::vector<std::string> suffixes;
  if (slow) {
    suffixes = HelpSuffixes(*config);
    families = std::make_shared<const FamilyTable>(type->families().WithHelpSuffix(suffixes));
  }
  return PluginObject::Create(type, std::move(config), std::move(families), std::move(suffixes),
                              clock);
}

// Puts the collectors that the exporter declares for this instance behind those of its table. What
// is wrong with the options is found when the lanes' objects are made.
void AddDeclared(ExporterTypePtr& type, std::shared_ptr<const InstanceConfig>& config,
                 const PollerSurroundings& surroundings) {
  auto declared = PluginObject::Try(type, config, surroundings.clock).collectors;
  if (declared.empty()) return;
  auto with_declared = std::make_shared<InstanceConfig>(*config);
  for (const CollectorInfo& info : declared) {
    CollectorConfig& collector = with_declared->collectors.emplace_back();
    collector.enabled = info.default_on;
    if (surroundings.one_lane) continue;
    collector.every = Bounded(info.default_every);
    collector.timeout = Bounded(info.default_timeout);
  }
  config = std::move(with_declared);
  type = type->WithCollectors(std::move(declared));
}

double RandomUnit() {
  thread_local std::minstd_rand generator(std::random_device{}());
  return std::uniform_real_distribution<double>(0, 1)(generator);
}

}  // namespace

Result<std::shared_ptr<InstancePoller>> MakePoller(std::shared_ptr<const InstanceConfig> config,
                                                   const PollerSurroundings& surroundings) {
  Result<ExporterTypePtr> type = surroundings.catalog->Find(config->type);
  if (!type) return At(*config, type.error());
  if (std::string wrong = WrongName(*config); !wrong.empty()) {
    return At(*config, {Reason::kInternal, std::move(wrong)});
  }
  AddDeclared(*type, config, surroundings);
  bool any_slow = false, any_quick = false;
  for (const CollectorConfig& collector : config->collectors) {
    any_slow = any_slow || (collector.enabled && collector.every.count() > 0);
    any_quick = any_quick || (collector.enabled && collector.every.count() == 0);
  }
  InstancePoller::Parts parts{.type = *type,
                              .config = config,
                              .scrape_lane = nullptr,
                              .slow_lane = nullptr,
                              .make_lane = nullptr,
                              .timers = surroundings.timers,
                              .clock = surroundings.clock,
                              .observer = surroundings.observer,
                              .random = &RandomUnit};
  const auto budget =
      std::make_shared<SeriesBudget>(config->limits.series_max, config->limits.family_series_max);
  const auto secrets = std::make_shared<SecretGate>(surroundings.clock);
  // One lane for both, if the target may have no more.
  const bool shared = any_quick && any_slow && config->connections == 1;
  const auto make = [type = *type, config, budget, secrets, shared,
                     clock = surroundings.clock](bool slow) -> Result<std::unique_ptr<PollRunner>> {
    auto object = MakeObject(type, config, slow || shared, clock);
    if (!object) return object.error();
    (*object)->SetBudget(budget);
    (*object)->ShareSecrets(secrets);
    return std::unique_ptr<PollRunner>(std::make_unique<Lane>(std::move(*object)));
  };
  // With every collector switched off the scrape lane still says whether the target is up.
  for (const bool slow : {false, true}) {
    if (slow ? !any_slow || shared : (!any_quick && any_slow)) continue;
    auto lane = make(slow);
    if (!lane) return At(*config, lane.error());
    (slow ? parts.slow_lane : parts.scrape_lane) = std::move(*lane);
  }
  parts.make_lane = [make](bool slow) {
    auto lane = make(slow);
    return lane ? std::move(*lane) : nullptr;
  };
  return InstancePoller::Create(std::move(parts));
}

std::vector<InstanceComplaint> CheckInstance(const InstanceConfig& config, PluginCatalog& catalog) {
  std::vector<InstanceComplaint> complaints;
  const Result<ExporterTypePtr> type = catalog.Find(config.type);
  if (type) {
    complaints =
        PluginObject::Try(*type, std::make_shared<const InstanceConfig>(config), &SystemClock())
            .complaints;
  } else {
    complaints.push_back({"type", type.error().message, /*warning=*/false});
  }
  if (std::string wrong = WrongName(config); !wrong.empty()) {
    complaints.push_back({{}, std::move(wrong), /*warning=*/false});
  }
  return complaints;
}

std::vector<InstanceComplaint> CheckInstanceAndSecrets(const InstanceConfig& config,
                                                       PluginCatalog& catalog) {
  std::vector<InstanceComplaint> complaints = CheckInstance(config, catalog);
  for (const auto& [name, value] : config.options) {
    if (value.secret.empty()) continue;
    Result<std::string> read = value.secret.Read();
    if (read) {
      ::explicit_bzero(read->data(), read->size());
    } else {
      complaints.push_back({name, read.error().message, /*warning=*/true});
    }
  }
  return complaints;
}

std::vector<InstanceComplaint> CheckTarget(const InstanceConfig& config, PluginCatalog& catalog) {
  const Result<ExporterTypePtr> found = catalog.Find(config.type);
  if (!found) return {};
  ExporterTypePtr type = *found;
  auto shared = std::make_shared<const InstanceConfig>(config);
  AddDeclared(type, shared, {&catalog, nullptr, &SystemClock(), nullptr});
  auto object = MakeObject(type, shared, /*slow=*/false, &SystemClock());
  if (!object) return {{{}, object.error().message}};
  return (*object)->CheckTarget(SystemClock().Now() + config.timeout);
}

}  // namespace pillion
