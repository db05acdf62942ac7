// The host's own families of an instance: its up family, whether collectors succeeded, when the
// data was read. They are always there, also when the plugin hangs. Pure.
#pragma once

#include "config/config.hpp"
#include "poll/state.hpp"

namespace pillion {

FragmentPtr MakeStatusFragment(const ExporterType& type, const InstanceConfig& config,
                               const InstanceState& state, size_t series);

}  // namespace pillion
