// PollReport: everything that one TestHost::Poll saw, as plain values to compare.
//
// `text` is the exposition in one canonical form, so that a test compares whole text:
//   - families by name; samples of a family in the order in which they were added
//   - `# HELP` (left out if empty) and `# TYPE`, the latter with the type's own name: counter,
//     gauge, untyped, histogram, gaugehistogram, summary, info, stateset
//   - label values escaped as in text 0.0.4; bytes that are not UTF-8 become U+FFFD
//   - integers below 2^53 in full, other numbers in the shortest form that reads back the same;
//     NaN, +Inf, -Inf
//   - created times as a `_created` line after their sample, exemplars as in OpenMetrics
//   - a native histogram as one line: name{...} {count:3,sum:1.5,schema:0,...}
// It holds what the plugin added, not what a host adds of its own (up, collector success).
// After a failed poll it is empty, and a failed collector's samples are not in it.
//
//   PollReport report = host.Poll();
//   CHECK(report.problems.empty());
//   CHECK(report.text == R"(# HELP demo_answer The answer.
//   # TYPE demo_answer gauge
//   demo_answer 42
//   )");
#pragma once

#include <pillion/result.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pillion::testing {

struct LogLine {
  uint32_t level = 0;  // PILLION_LOG_DEBUG ... PILLION_LOG_ERROR
  std::string text;
};

struct CollectorReport {
  std::string name;
  Reason reason = Reason::kOk;
  std::string message;
  bool unchanged = false;  // it shows what it showed before: Sink::Unchanged
};

struct PollReport {
  Reason reason = Reason::kOk;              // what poll returned
  std::string error;                        // and its message
  std::vector<CollectorReport> collectors;  // those that ran, in order
  // What a host would drop and count, and where the plugin broke the rules of the border.
  // A good plugin has none.
  std::vector<std::string> problems;
  std::map<std::string, std::string> facts;
  std::vector<LogLine> logs;  // of this poll
  std::string text;
  std::chrono::nanoseconds past_deadline{0};  // how much too late poll returned; 0: in time

  // Ten times of what a poll may need to come to an end with sanitizers on a busy machine.
  static constexpr std::chrono::seconds kHungAfter{10};

  bool ok() const { return reason == Reason::kOk; }
  bool hung() const { return past_deadline >= kHungAfter; }

  // The collector's outcome, or null if it did not run.
  const CollectorReport* CollectorNamed(std::string_view name) const {
    for (const CollectorReport& collector : collectors) {
      if (collector.name == name) return &collector;
    }
    return nullptr;
  }

  // The part of `text` that belongs to one family, its HELP and TYPE included; empty if none.
  std::string FamilyText(std::string_view family) const;

  // The value of one line of `text`: Value("demo_rows{table=\"a\"}").
  std::optional<double> Value(std::string_view series) const;
};

namespace detail {

inline std::string_view TakeLine(std::string_view& rest) {
  const size_t end = std::min(rest.find('\n'), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

}  // namespace detail

inline std::string PollReport::FamilyText(std::string_view family) const {
  const std::string help = "# HELP " + std::string(family) + " ";
  const std::string type = "# TYPE " + std::string(family) + " ";
  std::string found;
  bool inside = false;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = detail::TakeLine(rest);
    const bool head = line.substr(0, help.size()) == help || line.substr(0, type.size()) == type;
    if (line.substr(0, 2) == "# ") inside = head;
    if (inside) found.append(line).push_back('\n');
  }
  return found;
}

inline std::optional<double> PollReport::Value(std::string_view series) const {
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = detail::TakeLine(rest);
    if (line.size() <= series.size() + 1 || line.substr(0, series.size()) != series ||
        line[series.size()] != ' ') {
      continue;
    }
    std::string_view number = line.substr(series.size() + 1);
    number = number.substr(0, number.find(' '));  // an exemplar may follow
    if (number == "NaN") return std::nan("");
    if (number == "+Inf") return std::numeric_limits<double>::infinity();
    if (number == "-Inf") return -std::numeric_limits<double>::infinity();
    double value = 0;
    const auto end = number.data() + number.size();
    if (std::from_chars(number.data(), end, value).ptr == end) return value;
  }
  return std::nullopt;
}

}  // namespace pillion::testing
