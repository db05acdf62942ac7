#include "app/lint_input.hpp"

#include <algorithm>

namespace pillion {
namespace {

constexpr std::string_view kEof = "\n# EOF\n";

}  // namespace

struct LintInput::Reading {
  Reading(parse::Syntax syntax, bool warnings)
      : lint({.syntax = syntax, .warnings = warnings},
             [this](const lint::Violation& violation) { return Add(violation); }) {
    findings.syntax = syntax;
  }

  bool Add(const lint::Violation& violation) {
    ++(violation.severity == lint::Severity::kError ? findings.errors : findings.warnings);
    if (findings.shown.size() < LintFindings::kShownMax) findings.shown.push_back(violation);
    return true;
  }

  LintFindings findings;
  lint::PageLint lint;
};

LintInput::LintInput(std::optional<parse::Syntax> syntax, bool warnings) {
  if (syntax) {
    readings_.push_back(std::make_unique<Reading>(*syntax, warnings));
    return;
  }
  for (const parse::Syntax each : {parse::Syntax::kText, parse::Syntax::kOpenMetrics}) {
    readings_.push_back(std::make_unique<Reading>(each, warnings));
  }
}

LintInput::~LintInput() = default;

void LintInput::Feed(std::string_view chunk) {
  for (const auto& reading : readings_) reading->lint.Feed(chunk);
  tail_ += chunk.substr(chunk.size() - std::min(chunk.size(), kEof.size()));
  tail_.erase(0, tail_.size() - std::min(tail_.size(), kEof.size()));
}

LintFindings LintInput::Finish() {
  // As the last line: alone, or behind another; the line feed behind it may be missing.
  std::string_view last = tail_;
  if (last.ends_with('\n')) last.remove_suffix(1);
  const std::string_view line = kEof.substr(1, 5);
  const bool eof = last == line || last.ends_with(kEof.substr(0, 6));
  Reading& reading = readings_.size() > 1 && eof ? *readings_[1] : *readings_[0];
  reading.lint.Finish();
  std::stable_sort(reading.findings.shown.begin(), reading.findings.shown.end(),
                   [](const auto& a, const auto& b) {
                     return std::pair(a.position.line, a.position.column) <
                            std::pair(b.position.line, b.position.column);
                   });
  return std::move(reading.findings);
}

}  // namespace pillion
