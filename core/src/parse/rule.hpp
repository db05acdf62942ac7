// Rule: something that an exposition must or should obey. Each has a stable id.
//
// The ids are an interface: people filter on them in CI. They are never reused for another
// meaning. What a parser can see without memory of the page is in parse/syntax_rules.hpp, what
// needs one in lint/rules.hpp.
#pragma once

#include <string_view>

namespace pillion::parse {

//   error    a scraper refuses the page or loses something, or the format's document forbids it
//   warning  it is read as it was meant, but it is against the naming guide or a trap
enum class Severity { kWarning, kError };

constexpr std::string_view ToString(Severity severity) {
  return severity == Severity::kError ? "error" : "warning";
}

// Only ever objects of static storage: compared by address, referred to by pointer.
struct Rule {
  std::string_view id;  // kebab-case
  Severity severity = Severity::kError;
  std::string_view meaning;  // one sentence, for the list of rules
};

}  // namespace pillion::parse
