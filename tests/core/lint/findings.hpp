// What the linter says of a page, in short: "3:duplicate-series", with a ? for a warning.
#pragma once

#include "lint/lint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace pillion::testing {

// In the order of lines; of one line in the order in which they were found.
inline std::vector<std::string> Findings(const lint::Options& options, std::string_view page,
                                         size_t chunk = 0) {
  std::vector<lint::Violation> violations;
  lint::PageLint lint(options, [&](const lint::Violation& violation) {
    violations.push_back(violation);
    return true;
  });
  for (size_t at = 0; at < page.size();) {
    const std::string piece(page.substr(at, chunk == 0 ? page.size() : chunk));
    lint.Feed(piece);
    at += piece.size();
  }
  lint.Finish();
  std::stable_sort(violations.begin(), violations.end(),
                   [](const auto& a, const auto& b) { return a.position.line < b.position.line; });
  std::vector<std::string> findings;
  for (const lint::Violation& violation : violations) {
    findings.push_back(fmt::format("{}:{}{}", violation.position.line, violation.rule->id,
                                   violation.severity == lint::Severity::kWarning ? "?" : ""));
  }
  return findings;
}

}  // namespace pillion::testing
