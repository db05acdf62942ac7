#include "self/process_stats.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <unistd.h>
#include <ctime>
#include <vector>

using namespace pillion;

TEST_CASE("the process has memory and descriptors and started in the past") {
  const ProcessStats stats = ReadProcessStats();
  CHECK(stats.resident_bytes > 500'000);
  CHECK(stats.virtual_bytes >= stats.resident_bytes);
  CHECK(stats.open_fds >= 3);
  CHECK(stats.max_fds >= stats.open_fds);
  const double now = static_cast<double>(std::time(nullptr));
  CHECK(ProcessStartUnixSeconds() <= now + 1);
  CHECK(ProcessStartUnixSeconds() > now - 3600);
}

TEST_CASE("one more descriptor is seen") {
  const ProcessStats before = ReadProcessStats();
  const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  REQUIRE(fd >= 0);
  CHECK(ReadProcessStats().open_fds == before.open_fds + 1);
  ::close(fd);
  CHECK(ReadProcessStats().open_fds == before.open_fds);
}

TEST_CASE("memory that is taken is seen") {
  const double before = ReadProcessStats().resident_bytes;
  constexpr size_t kBytes = 64u << 20;
  const std::vector<char> taken(kBytes, 1);
  const ProcessStats after = ReadProcessStats();
  CHECK(after.resident_bytes > before + 0.9 * kBytes);
  CHECK(after.virtual_bytes >= after.resident_bytes);
  CHECK(taken.back() == 1);
}

TEST_CASE("CPU time only grows") {
  const double before = ReadProcessStats().cpu_seconds;
  volatile double sink = 0;
  for (int i = 0; i < 3'000'000; ++i) sink = sink + i;
  CHECK(ReadProcessStats().cpu_seconds >= before);
  CHECK(ReadProcessStats().cpu_seconds > 0);
}
