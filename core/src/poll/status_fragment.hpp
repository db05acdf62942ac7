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
  // Labels that stand in each fragment: made once.
  struct LabelRefs {
    LabelRef instance = 0;
    std::vector<LabelRef> collectors;  // by index
  };
  void AddPeersFamilies(const InstanceState& state);
  void AddOwnFamilies(const InstanceState& state, size_t series);

  const ExporterTypePtr type_;
  const std::shared_ptr<const InstanceConfig> config_;
  const FamilyTable table_;
  FragmentBuilder builder_;
  LabelRefs peers_, own_;
};

}  // namespace pillion
