// Lint: whether a page is a good exposition, for `pillion lint` and for our own debug builds.
//
//   lint::PageLint lint({.syntax = parse::Syntax::kText}, [](const lint::Violation& v) {
//     fmt::print("{}:{} {}\n", v.position.line, v.rule->id, v.message);
//     return true;
//   });
//   while (Read(&chunk)) lint.Feed(chunk);
//   lint.Finish();
//
// It looks at each line once, as it comes, and remembers families and series as hashes of 64 bits:
// the chance to take two different ones for one is below 1 in a million for a page of millions.
// Violations of a whole family (a histogram without +Inf, a name) come when it ends, so not all in
// the order of lines.
//
// Memory: Bounds, whatever the page holds. Time: linear. Threads: one at a time.
#pragma once

#include "lint/rules.hpp"
#include "parse/parser.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pillion::lint {

struct Violation {
  parse::Position position;
  const Rule* rule = nullptr;
  // The rule's, or a warning where only OpenMetrics is so strict.
  Severity severity = Severity::kError;
  std::string message;  // without line feeds
};

// Beyond these the rest of the page is not checked for what they are about: rule `unchecked`.
struct Bounds {
  size_t families = 100'000;
  size_t series = 8'000'000;  // 16 bytes each
  size_t points = 1'000'000;  // histograms or summaries in one family
};

struct Options {
  parse::Syntax syntax = parse::Syntax::kText;
  bool warnings = true;
  parse::Limits limits = {};
  Bounds bounds = {};
};

class PageLint {
 public:
  // `report` returns false when it wants no more.
  PageLint(const Options& options, std::function<bool(const Violation&)> report);
  ~PageLint();
  PageLint(const PageLint&) = delete;
  PageLint& operator=(const PageLint&) = delete;

  bool Feed(std::string_view chunk);
  // The page is complete. Call it once.
  void Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The first errors of a page that is there as a whole. Empty: it is valid.
inline constexpr size_t kCheckErrorsMax = 16;
std::vector<Violation> CheckPage(parse::Syntax syntax, std::span<const std::string> chunks);

}  // namespace pillion::lint
