#include "core/lint/findings.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

namespace pillion::testing {
namespace {

using Strings = std::vector<std::string>;
using parse::Syntax;

std::string GoldenPage(const std::string& suffix) {
  std::ifstream file(PILLION_SOURCE_DIR "/tests/core/exposition/testdata/every_type." + suffix,
                     std::ios::binary);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<lint::Violation> Errors(Syntax syntax, const std::string& page) {
  return lint::CheckPage(syntax, {&page, 1});
}

TEST_CASE("our own page of every type has no errors in either format") {
  for (const auto& [syntax, suffix] :
       {std::pair{Syntax::kText, "text"}, std::pair{Syntax::kOpenMetrics, "openmetrics"}}) {
    for (const lint::Violation& violation : Errors(syntax, GoldenPage(suffix))) {
      FAIL_CHECK(suffix << ":" << violation.position.line << ": " << violation.message);
    }
  }
}

TEST_CASE("a check stops after so many errors and leaves warnings out") {
  std::string page = "# TYPE aB gauge\n";
  for (int i = 0; i < 100; ++i) page += "aB x\n";
  const auto errors = Errors(Syntax::kText, page);
  REQUIRE(errors.size() == lint::kCheckErrorsMax);
  CHECK(errors.front().rule->id == "value");
  CHECK(errors.back().position.line == 1 + lint::kCheckErrorsMax);
}

TEST_CASE("a check sees a page of many chunks as one") {
  const Strings chunks = {"# HELP a Text.\n# TYPE a gau", "ge\na{b=\"c\"", "} 1\na{b=\"",
                          "c\"} 2\n"};
  const auto errors = lint::CheckPage(Syntax::kText, chunks);
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].rule->id == "duplicate-series");
  CHECK(errors[0].position.line == 4);
}

TEST_CASE("families beyond the bound are not compared and the rest is checked") {
  lint::Options options;
  options.bounds.families = 2;
  CHECK(Findings(
            options,
            "# HELP a x\n# TYPE a gauge\na 1\n# HELP b x\n# TYPE b gauge\nb 1\n"
            "# HELP c x\n# TYPE c gauge\nc 1\n# HELP d x\n# TYPE d gauge\n# TYPE d gauge\nd 1\n"
            "c{x=\"1\"} 1\na{x=\"1\"} 1\nd 1\n") == Strings{"7:unchecked?", "12:duplicate-metadata",
                                                            "14:no-help?", "15:family-split",
                                                            "16:duplicate-series", "16:no-help?"});
}

TEST_CASE("series beyond the bound are not compared and that is said once") {
  lint::Options options;
  options.bounds.series = 768;  // the set takes a few more than it must
  std::string page = "# HELP a x\n# TYPE a gauge\n";
  for (int i = 0; i < 2000; ++i) page += fmt::format("a{{x=\"{}\"}} 1\n", i);
  page += "a{x=\"1999\"} 1\n";
  const Strings findings = Findings(options, page);
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].find("unchecked?") != std::string::npos);
}

TEST_CASE("points beyond the bound are not checked and that is said once for a family") {
  lint::Options options;
  options.bounds.points = 1;
  CHECK(Findings(options,
                 "# HELP a x\n# TYPE a histogram\na_bucket{x=\"1\",le=\"1\"} 1\n"
                 "a_bucket{x=\"2\",le=\"1\"} 1\na_bucket{x=\"3\",le=\"1\"} 1\n") ==
        Strings{"3:inf-bucket", "3:histogram-parts?", "4:unchecked?"});
}

TEST_CASE("label sets are equal in any order and never by accident") {
  const std::string head = "# HELP a x\n# TYPE a gauge\n";
  const auto findings = [&](const std::string& lines) { return Findings({}, head + lines); };
  CHECK(findings("a{x=\"1\",y=\"2\"} 1\na{x=\"2\",y=\"1\"} 1\na{y=\"2\"} 1\na{x=\"1\"} 1\na 1\n"
                 "a{x=\"12\"} 1\na{x=\"1\",y=\"\\\"\"} 1\na{xy=\"1\"} 1\na{x=\"y\"} 1\n") ==
        Strings{});
  CHECK(findings("a{x=\"1\",y=\"2\",z=\"3\"} 1\na{z=\"3\",x=\"1\",y=\"2\"} 1\n") ==
        Strings{"4:duplicate-series"});
}

TEST_CASE("a million different series are no duplicates") {
  std::string page = "# HELP a x\n# TYPE a gauge\n";
  for (int i = 0; i < 300'000; ++i) {
    page += fmt::format("a{{x=\"{}\",y=\"{}\"}} 1\na{{x=\"{}\",y=\"\"}} 1\na{{y=\"{}\"}} 1\n", i,
                        i + 1, i, i);
  }
  CHECK(Findings({}, page) == Strings{});
}

TEST_CASE("messages have no control characters and are short") {
  std::string page = "# HELP a x\n# TYPE a gauge\n{\"a\\n" + std::string(900, 'x') +
                     "\"} 1\n{\"a\\n" + std::string(900, 'x') + "\"} 1\n";
  const auto errors = Errors(Syntax::kText, page);
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].message.find('\n') == std::string::npos);
  CHECK(errors[0].message.size() <= 300);
}

TEST_CASE("a linter that is told to stop says no more") {
  int heard = 0;
  lint::PageLint lint({}, [&](const lint::Violation&) { return ++heard < 2; });
  lint.Feed("a x\nb x\nc x\nd x\n");
  CHECK_FALSE(lint.Feed("e x\n"));
  lint.Finish();
  CHECK(heard == 2);
}

}  // namespace
}  // namespace pillion::testing
