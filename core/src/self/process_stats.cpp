#include "self/process_stats.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace pillion {
namespace {

constexpr size_t kStatBytesMax = 2048;

bool ReadFile(const char* path, char* buffer, size_t capacity) {
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const ssize_t n = ::read(fd, buffer, capacity - 1);
  ::close(fd);
  if (n <= 0) return false;
  buffer[n] = '\0';
  return true;
}

double CountOpenFds() {
  DIR* dir = ::opendir("/proc/self/fd");
  if (dir == nullptr) return 0;
  double count = -3;  // ".", ".." and the descriptor of this very directory
  while (::readdir(dir) != nullptr) ++count;
  ::closedir(dir);
  return count;
}

// Seconds between the boot of the system and now, as /proc's start time counts.
double SecondsSinceBoot() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// proc(5): the fields after "(comm)", which may itself hold spaces and brackets.
void ReadStat(ProcessStats& stats) {
  char text[kStatBytesMax];
  if (!ReadFile("/proc/self/stat", text, sizeof text)) return;
  const char* fields = std::strrchr(text, ')');
  if (fields == nullptr) return;
  long threads = 0, resident_pages = 0;
  unsigned long long start_ticks = 0;
  unsigned long virtual_bytes = 0;
  // From field 3 (state) on: 20 num_threads, 22 starttime, 23 vsize, 24 rss.
  if (std::sscanf(fields + 2,
                  "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %ld "
                  "%*d %llu %lu %ld",
                  &threads, &start_ticks, &virtual_bytes, &resident_pages) != 4) {
    return;
  }
  const double ticks_per_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
  stats.threads = static_cast<double>(threads);
  stats.virtual_bytes = static_cast<double>(virtual_bytes);
  stats.resident_bytes =
      static_cast<double>(resident_pages) * static_cast<double>(::sysconf(_SC_PAGESIZE));
  const double running = SecondsSinceBoot() - static_cast<double>(start_ticks) / ticks_per_second;
  stats.start_unix_seconds = static_cast<double>(std::time(nullptr)) - running;
}

}  // namespace

ProcessStats ReadProcessStats() {
  ProcessStats stats;
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) {
    const auto seconds = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    };
    stats.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) stats.max_fds = static_cast<double>(limit.rlim_cur);
  stats.open_fds = CountOpenFds();
  ReadStat(stats);
  return stats;
}

}  // namespace pillion
