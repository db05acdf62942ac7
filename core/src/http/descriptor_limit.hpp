// How many connections the process may hold.
#pragma once

#include <cstdint>

namespace pillion {

// Descriptors that connections never take: targets, files, modules, timers, standard streams.
inline constexpr uint32_t kDescriptorsReserved = 256;
// The soft limit is raised no further than this, whatever the hard one is.
inline constexpr uint32_t kDescriptorsMax = 65'536;
// Upper bound of the derived cap: with a full request header of 16 KiB each that is 32 MiB.
inline constexpr uint32_t kConnectionsDerivedMax = 2'048;

// Raises the soft RLIMIT_NOFILE towards the hard one, at most to kDescriptorsMax; never lowers
// it. Returns the soft limit that then holds.
uint32_t RaiseDescriptorLimit();

// The cap for a given descriptor limit: what the reserve leaves, at least half of it (a very low
// limit) and at most kConnectionsDerivedMax. At least 1. Pure.
uint32_t ConnectionsFor(uint32_t descriptors);

}  // namespace pillion
