// PluginObject: one object of a plugin, with the instance that the plugin sees.
//
// Threads: Create, Poll and the destructor by one thread at a time (the lane's); Interrupt by any
// thread while Poll runs.
#pragma once

#include "config/config.hpp"
#include "filter/series_budget.hpp"
#include "model/fragment_builder.hpp"
#include "plugin/clock.hpp"
#include "plugin/exporter_type.hpp"
#include "plugin/poll_session.hpp"
#include "plugin/secret_gate.hpp"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace pillion {

class PluginObject {
 public:
  // `config` must have been validated against the type's tables. `families` is the type's table
  // or a copy of it with other help texts. Errors: what the plugin's create says, in one text.
  // Warnings that create logs are not told here, but by Complaints.
  static Result<std::unique_ptr<PluginObject>> Create(ExporterTypePtr type,
                                                      std::shared_ptr<const InstanceConfig> config,
                                                      std::shared_ptr<const FamilyTable> families,
                                                      std::vector<std::string> declared_help_suffix,
                                                      const Clock* clock);
  // What create says when it is called just to hear it.
  struct Trial {
    std::vector<InstanceComplaint> complaints;  // no error among them: it takes these options
    std::vector<CollectorInfo> collectors;      // that it adds to those of its table
  };
  // Makes an object and lets it go again.
  static Trial Try(ExporterTypePtr type, std::shared_ptr<const InstanceConfig> config,
                   const Clock* clock);
  ~PluginObject();
  // What all objects of the instance together may show. Before the first Poll.
  void SetBudget(std::shared_ptr<SeriesBudget> budget) { budget_ = std::move(budget); }
  // What its lanes know together of how the target takes their secrets. Before the first Poll.
  void ShareSecrets(std::shared_ptr<SecretGate> gate);
  PluginObject(const PluginObject&) = delete;
  PluginObject& operator=(const PluginObject&) = delete;

  // One poll of the collectors that are due. Returns when the plugin does.
  PollOutcome Poll(const std::vector<bool>& due, MonoTime deadline);

  // What the plugin has to say about its target. One without a check is polled, with no collector
  // due. A target that cannot be asked is an error.
  std::vector<InstanceComplaint> CheckTarget(MonoTime deadline);

  // Makes a running Poll return soon. ClearInterrupt before the next Poll, under the same lock
  // that decides whether one runs.
  void Interrupt();
  void ClearInterrupt() { interrupter_.Clear(); }

 private:
  PluginObject(ExporterTypePtr type, std::shared_ptr<const FamilyTable> families,
               std::shared_ptr<const InstanceConfig> config, const Clock* clock);
  void FitBudget(PollOutcome& outcome);
  // Calls the plugin's create. An error among the complaints: the object is not to be used.
  std::vector<InstanceComplaint> Make(bool trial);

  ExporterTypePtr type_;
  std::shared_ptr<const FamilyTable> families_;
  const Clock* clock_;
  std::unique_ptr<pillion_instance> instance_;
  FragmentBuilder builder_;
  FragmentFilter filter_;
  std::shared_ptr<SeriesBudget> budget_;
  std::map<uint32_t, RememberedRun> remembered_;  // by collector; see pillion_poll
  Interrupter interrupter_;
  void* object_ = nullptr;
};

}  // namespace pillion
