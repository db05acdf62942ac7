// Where the checks say what they found.
#pragma once

#include "lint/lint.hpp"

#include <functional>
#include <utility>

namespace pillion::lint {

class Reporter {
 public:
  Reporter(const Options& options, std::function<bool(const Violation&)> report)
      : options_(options), report_(std::move(report)) {}

  const Options& options() const { return options_; }
  bool openmetrics() const { return options_.syntax == parse::Syntax::kOpenMetrics; }
  bool text() const { return options_.syntax == parse::Syntax::kText; }
  bool wanted() const { return wanted_; }

  void Report(const parse::Position& position, const Rule& rule, std::string message) {
    Report(position, rule, rule.severity, std::move(message));
  }
  // An error in OpenMetrics; the other formats forgive.
  void ReportMilder(const parse::Position& position, const Rule& rule, std::string message) {
    Report(position, rule, openmetrics() ? rule.severity : Severity::kWarning, std::move(message));
  }

 private:
  static constexpr size_t kMessageBytesMax = 300;

  void Report(const parse::Position& position, const Rule& rule, Severity severity,
              std::string message) {
    if (!wanted_ || (severity == Severity::kWarning && !options_.warnings)) return;
    // Names and values come from outside.
    if (message.size() > kMessageBytesMax) message.resize(kMessageBytesMax);
    for (char& c : message) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
    }
    wanted_ = report_({position, &rule, severity, std::move(message)});
  }

  const Options options_;
  const std::function<bool(const Violation&)> report_;
  bool wanted_ = true;
};

}  // namespace pillion::lint
