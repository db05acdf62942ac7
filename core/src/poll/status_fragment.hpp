// The host's own families of an instance: its up family, whether collectors succeeded, when the
// data was read. They are always there, also when the plugin hangs.
#pragma once

#include "config/config.hpp"
#include "model/fragment_builder.hpp"
#include "poll/state.hpp"

#include <memory>
#include <vector>

namespace pillion {

// Made once for each instance and used for each of its snapshots. Threads: one at a time.
class StatusFragment {
 public:
  StatusFragment(ExporterTypePtr type, std::shared_ptr<const InstanceConfig> config);

  // `series`: those of the target that the snapshot shows.
  FragmentPtr Make(const InstanceState& state, size_t series);

 private:
  // Of values_, for this family and those with the same label names.
  LabelRef Labels(uint32_t family);
  void AddPeersFamilies(const InstanceState& state);
  void AddOwnFamilies(const InstanceState& state, size_t series);

  const ExporterTypePtr type_;
  const std::shared_ptr<const InstanceConfig> config_;
  const FamilyTable table_;
  FragmentBuilder builder_;
  std::vector<pillion_str> values_;  // of the labels at hand
};

}  // namespace pillion
