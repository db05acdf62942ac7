// The linter on a page whose format is not known before its end.
#pragma once

#include "lint/lint.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pillion {

// What was found on one page, the first kShownMax of it in the order of lines.
struct LintFindings {
  static constexpr size_t kShownMax = 10'000;
  parse::Syntax syntax = parse::Syntax::kText;
  std::vector<lint::Violation> shown;
  size_t errors = 0, warnings = 0;  // of all
};

// Feed it the page, then take what was found. Without a syntax it reads the page as text and as
// OpenMetrics at once, and keeps what fits its last line: # EOF is what OpenMetrics ends with.
class LintInput {
 public:
  LintInput(std::optional<parse::Syntax> syntax, bool warnings);
  ~LintInput();

  void Feed(std::string_view chunk);
  LintFindings Finish();

 private:
  struct Reading;
  std::vector<std::unique_ptr<Reading>> readings_;
  std::string tail_;  // the last bytes of the page
};

}  // namespace pillion
