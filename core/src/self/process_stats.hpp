// What this process uses, from /proc/self.
#pragma once

#include <cstdint>

namespace pillion {

struct ProcessStats {
  double cpu_seconds = 0;
  double resident_bytes = 0;
  double virtual_bytes = 0;
  double open_fds = 0;
  double max_fds = 0;
};

// Costs a handful of system calls. What cannot be read is 0. Threads: any.
ProcessStats ReadProcessStats();

// When this process was started; 0: it cannot be read. By the clocks of now: ask once.
double ProcessStartUnixSeconds();

}  // namespace pillion
