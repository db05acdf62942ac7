// How `pillion lint` reads a page whose format nobody told it.
#include "app/lint_input.hpp"

#include <doctest/doctest.h>

namespace pillion {
namespace {

using parse::Syntax;

LintFindings Lint(std::optional<Syntax> syntax, std::string_view page, bool warnings = true) {
  LintInput input(syntax, warnings);
  for (const char c : page) input.Feed({&c, 1});
  LintInput whole(syntax, warnings);
  whole.Feed(page);
  LintFindings findings = whole.Finish();
  CHECK(input.Finish().shown.size() == findings.shown.size());
  return findings;
}

TEST_CASE("a page that ends with EOF is OpenMetrics and any other is text") {
  CHECK(Lint(std::nullopt, "a 1\n# EOF\n").syntax == Syntax::kOpenMetrics);
  CHECK(Lint(std::nullopt, "a 1\n# EOF").syntax == Syntax::kOpenMetrics);
  CHECK(Lint(std::nullopt, "# EOF\n").syntax == Syntax::kOpenMetrics);
  for (const char* page : {"", "a 1\n", "# EOF\na 1\n", "# EOF\n\n", "EOF\n"}) {
    CAPTURE(page);
    CHECK(Lint(std::nullopt, page).syntax == Syntax::kText);
  }
}

TEST_CASE("only the findings of the format that it is are told") {
  CHECK(Lint(std::nullopt, "# HELP a x\n# TYPE a untyped\n\na 1\n").shown.empty());
  CHECK(Lint(std::nullopt, "# HELP a x\n# TYPE a unknown\na 1\n# EOF\n").shown.empty());
  CHECK(Lint(Syntax::kOpenMetrics, "a 1\n").errors == 1);
}

TEST_CASE("findings are counted and stand in the order of lines") {
  const LintFindings findings =
      Lint(Syntax::kText, "# TYPE aB gauge\naB{c=\"d\"} 1\naB{c=\"d\"} x\nb y\n");
  CHECK(findings.errors == 2);
  CHECK(findings.warnings == 2);
  REQUIRE(findings.shown.size() == 4);
  CHECK(findings.shown[0].position.line == 1);
  CHECK(findings.shown[2].position.line == 3);
  CHECK(Lint(Syntax::kText, "aB 1\n", false).warnings == 0);
}

TEST_CASE("what is shown has a bound and the rest is counted") {
  std::string page;
  for (size_t i = 0; i < LintFindings::kShownMax + 10; ++i) page += "a x\n";
  LintInput input(Syntax::kText, true);
  input.Feed(page);
  const LintFindings findings = input.Finish();
  CHECK(findings.shown.size() == LintFindings::kShownMax);
  CHECK(findings.errors == LintFindings::kShownMax + 10);
}

}  // namespace
}  // namespace pillion
