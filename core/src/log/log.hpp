// Log: one line per event on stderr, as logfmt or JSON.
//
//   Log(LogLevel::kInfo, "instance is up", {{"instance", name}, {"exporter", type}});
//   time=2026-11-22T15:04:05.123Z level=info msg="instance is up" instance=orders exporter=postgres
//
// Values are escaped, so a target cannot forge a line; each line is one write(2). Lines are at
// most kLineBytesMax long. Threads: any. Never pass a secret.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pillion {

enum class LogLevel { kDebug = 1, kInfo = 2, kWarn = 3, kError = 4, kOff = 5 };
enum class LogFormat { kLogfmt, kJson };

inline constexpr size_t kLineBytesMax = 4096;

struct LogField {
  std::string_view key;
  std::string value;
};

// Both may be called at any time; the default is info, logfmt, descriptor 2.
void SetLog(LogLevel level, LogFormat format);
void SetLogDescriptor(int fd);
bool ParseLogLevel(std::string_view text, LogLevel* level);
bool ParseLogFormat(std::string_view text, LogFormat* format);
bool LogEnabled(LogLevel level);

void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

// The line without writing it, ending in '\n'. Pure.
std::string FormatLogLine(LogFormat format, LogLevel level, double unix_seconds,
                          std::string_view message, std::initializer_list<LogField> fields);

}  // namespace pillion
