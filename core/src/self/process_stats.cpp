#include "self/process_stats.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <ctime>

namespace pillion {
namespace {

constexpr size_t kStatmBytesMax = 256;
constexpr size_t kStatBytesMax = 2048;
constexpr int kStartTimeField = 22;

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
  // From Linux 6.2 on that is the size of the directory; before, it is 0. It stays open, because
  // finding it by its path costs more than what it says.
  static const int self = ::open("/proc/self/fd", O_PATH | O_CLOEXEC);
  struct stat directory {};
  if (::fstat(self, &directory) == 0 && directory.st_size > 0) {
    return static_cast<double>(directory.st_size);
  }
  DIR* dir = ::opendir("/proc/self/fd");
  if (dir == nullptr) return 0;
  double count = -3;  // ".", ".." and the descriptor of this very directory
  while (::readdir(dir) != nullptr) ++count;
  ::closedir(dir);
  return count;
}

double SecondsOf(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// proc(5): the whole size and what of it is resident, in pages. The file stays open, because each
// scrape reads it and opening it costs more.
void ReadMemory(ProcessStats& stats) {
  static const int statm = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  char text[kStatmBytesMax];
  const ssize_t n = ::pread(statm, text, sizeof text - 1, 0);
  if (n <= 0) return;
  text[n] = '\0';
  char* rest = text;
  const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
  stats.virtual_bytes = static_cast<double>(std::strtoull(rest, &rest, 10)) * page;
  stats.resident_bytes = static_cast<double>(std::strtoull(rest, &rest, 10)) * page;
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
  ReadMemory(stats);  // first: the file that it keeps is one of those that are open
  stats.open_fds = CountOpenFds();
  return stats;
}

double ProcessStartUnixSeconds() {
  char text[kStatBytesMax];
  if (!ReadFile("/proc/self/stat", text, sizeof text)) return 0;
  // proc(5): field 2 is "(comm)", which may itself hold spaces and brackets.
  const char* at = std::strrchr(text, ')');
  for (int field = 2; at != nullptr && field < kStartTimeField; ++field) {
    at = std::strchr(at + 1, ' ');
  }
  if (at == nullptr) return 0;
  const auto ticks = static_cast<double>(std::strtoull(at, nullptr, 10));
  // /proc counts from the boot of the system.
  const double started = ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
  return SecondsOf(CLOCK_REALTIME) - (SecondsOf(CLOCK_BOOTTIME) - started);
}

}  // namespace pillion
