#include "http/descriptor_limit.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace pillion {

uint32_t RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return kDescriptorsReserved;
  const rlim_t wanted = std::min<rlim_t>(limit.rlim_max, kDescriptorsMax);
  if (limit.rlim_cur < wanted) {
    rlimit raised = limit;
    raised.rlim_cur = wanted;
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  return static_cast<uint32_t>(std::min<rlim_t>(limit.rlim_cur, kDescriptorsMax));
}

uint32_t ConnectionsFor(uint32_t descriptors) {
  const uint32_t left = descriptors > kDescriptorsReserved ? descriptors - kDescriptorsReserved : 0;
  return std::clamp<uint32_t>(std::max(left, descriptors / 2), 1, kConnectionsDerivedMax);
}

}  // namespace pillion
