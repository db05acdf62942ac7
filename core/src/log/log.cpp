#include "log/log.hpp"

#include "log/line_builder.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <ctime>
#include <utility>

namespace pillion {
namespace {

// Level and format in one word, so that a line never sees half of a change.
constexpr uint32_t Pack(LogLevel level, LogFormat format) {
  return static_cast<uint32_t>(level) | (format == LogFormat::kJson ? 0x100u : 0u);
}
constexpr LogLevel LevelOf(uint32_t packed) { return static_cast<LogLevel>(packed & 0xFF); }
constexpr LogFormat FormatOf(uint32_t packed) {
  return (packed & 0x100) != 0 ? LogFormat::kJson : LogFormat::kLogfmt;
}

std::atomic<uint32_t> g_settings{Pack(LogLevel::kInfo, LogFormat::kLogfmt)};
std::atomic<int> g_descriptor{STDERR_FILENO};

bool Enabled(LogLevel level, uint32_t settings) {
  return level >= LevelOf(settings) && level < LogLevel::kOff;
}

constexpr std::pair<std::string_view, LogLevel> kLevels[] = {
    {"debug", LogLevel::kDebug}, {"info", LogLevel::kInfo}, {"warn", LogLevel::kWarn},
    {"error", LogLevel::kError}, {"off", LogLevel::kOff},
};

std::string_view LevelName(LogLevel level) {
  for (const auto& [name, value] : kLevels) {
    if (value == level) return name;
  }
  return "off";
}

// "2026-11-22T15:04:05.123Z". What lies outside the years 1 to 9999 is moved to their edge.
std::string FormatTime(double unix_seconds) {
  constexpr int64_t kFirst = -62'135'596'800'000;  // ms
  constexpr int64_t kLast = 253'402'300'799'999;
  const double milliseconds = std::floor(unix_seconds * 1000);
  int64_t ms = kFirst;  // also for NaN
  if (milliseconds >= static_cast<double>(kLast)) {
    ms = kLast;
  } else if (milliseconds > static_cast<double>(kFirst)) {
    ms = static_cast<int64_t>(milliseconds);
  }
  int64_t seconds = ms / 1000;
  int64_t rest = ms % 1000;
  if (rest < 0) {
    rest += 1000;
    --seconds;
  }
  const std::time_t time = seconds;
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     rest);
}

double UnixSeconds() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

}  // namespace

void SetLog(LogLevel level, LogFormat format) {
  g_settings.store(Pack(level, format), std::memory_order_relaxed);
}

void SetLogDescriptor(int fd) { g_descriptor.store(fd, std::memory_order_relaxed); }

bool ParseLogLevel(std::string_view text, LogLevel* level) {
  for (const auto& [name, value] : kLevels) {
    if (name != text) continue;
    *level = value;
    return true;
  }
  return false;
}

bool ParseLogFormat(std::string_view text, LogFormat* format) {
  if (text != "logfmt" && text != "json") return false;
  *format = text == "json" ? LogFormat::kJson : LogFormat::kLogfmt;
  return true;
}

bool LogEnabled(LogLevel level) {
  return Enabled(level, g_settings.load(std::memory_order_relaxed));
}

void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  const uint32_t settings = g_settings.load(std::memory_order_relaxed);
  if (!Enabled(level, settings)) return;
  const int saved_errno = errno;  // callers may log before they look at it
  const std::string line = FormatLogLine(FormatOf(settings), level, UnixSeconds(), message, fields);
  const int fd = g_descriptor.load(std::memory_order_relaxed);
  // One write: lines of several threads or processes don't mix. A log that cannot be written
  // is no reason to stop or to wait.
  while (::write(fd, line.data(), line.size()) < 0 && errno == EINTR) {
  }
  errno = saved_errno;
}

std::string FormatLogLine(LogFormat format, LogLevel level, double unix_seconds,
                          std::string_view message, std::initializer_list<LogField> fields) {
  LineBuilder line(format);
  line.Add("time", FormatTime(unix_seconds));
  line.Add("level", LevelName(level));
  line.Add("msg", message);
  for (const LogField& field : fields) line.Add(field.key, field.value);
  return line.Take();
}

}  // namespace pillion
