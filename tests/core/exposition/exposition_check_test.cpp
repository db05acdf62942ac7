// The strict reader that other tests trust: it must find what is wrong.
#include "support/exposition_check.hpp"

#include <doctest/doctest.h>

namespace pillion::exposition {
namespace {

bool TextIsValid(std::string_view page) { return ReadText(page).problems.empty(); }
bool OpenIsValid(const std::string& page) {
  return ReadOpenMetrics(page + "# EOF\n").problems.empty();
}

TEST_CASE("the reader accepts valid text pages") {
  CHECK(TextIsValid(""));
  CHECK(TextIsValid("# HELP a \"x\" \\n\\\\\n# TYPE a gauge\na 1\na{b=\"\\\"\"} NaN\n"));
  CHECK(TextIsValid(
      "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n"));
  CHECK(TextIsValid("# TYPE s summary\ns{quantile=\"50\"} 1\ns_sum 1\ns_count 1\n"));
}

TEST_CASE("the reader refuses broken text pages") {
  for (const char* page : {
           "# TYPE a gauge\na 1",         // no line feed
           "# TYPE a gauge\na 1\na 2\n",  // duplicate
           "# TYPE a gauge\na{x=\"1\",y=\"2\"} 1\na{y=\"2\",x=\"1\"} 1\n",
           "# TYPE a gauge\na{x=\"1\",x=\"2\"} 1\n",                      // a label twice
           "# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n# TYPE a gauge\n",  // two groups
           "# TYPE a gauge\na 1\n# HELP a late\n",
           "# TYPE a gauge\n# TYPE a gauge\na 1\n",
           "# TYPE a unknown\na 1\n",
           "# TYPE a gauge\na one\n",
           "# TYPE a gauge\na\n",
           "# TYPE a gauge\na{b=\"\\x\"} 1\n",  // a bad escape
           "# TYPE a gauge\na{b=\"x} 1\n",
           "# TYPE a gauge\na{b=\"\xFF\"} 1\n",  // not UTF-8
           "# TYPE a gauge\na{1b=\"\"} 1\n",
           "# HELP a \\x\n# TYPE a gauge\na 1\n",
           "# TYPE a gauge\nb 1\n",
           "# TYPE a gauge\na 1 # {} 1\n",
           "# TYPE a gauge\n\na 1\n",
           "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_count 1\n",  // no +Inf
           "# TYPE h histogram\nh_bucket{le=\"2\"} 1\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} "
           "1\n",
           "# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\nh_count 1\n",
           "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_count 2\n",
           "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\n# TYPE h_sum gauge\nh_sum 1\n",
       }) {
    CAPTURE(page);
    CHECK_FALSE(TextIsValid(page));
  }
}

TEST_CASE("the reader accepts valid OpenMetrics pages") {
  CHECK(OpenIsValid(""));
  CHECK(
      OpenIsValid("# TYPE a_seconds counter\n# UNIT a_seconds seconds\n# HELP a_seconds "
                  "\\\"x\\\"\na_seconds_total 1 # {t=\"x\"} 1 2.5\n"));
  CHECK(
      OpenIsValid("# TYPE h histogram\nh_bucket{le=\"1.0\"} 1 # {} 0.5\nh_bucket{le=\"+Inf\"} "
                  "1\nh_sum 1\nh_count 1\n"));
  CHECK(OpenIsValid(
      "# TYPE a info\na_info{x=\"y\"} 1\n# TYPE b stateset\nb{b=\"on\"} 1\nb{b=\"off\"} 0\n"));
}

TEST_CASE("the reader refuses broken OpenMetrics pages") {
  CHECK_FALSE(ReadOpenMetrics("# TYPE a gauge\na 1\n").problems.empty());  // no EOF
  CHECK_FALSE(OpenIsValid("# EOF\n"));                                     // two of them
  for (const char* page : {
           "# TYPE a counter\na 1\n",
           "# TYPE a_total counter\na_total 1\n",
           "# TYPE a counter\na_total -1\n",
           "# TYPE a counter\na_total NaN\n",
           "# TYPE a untyped\na 1\n",
           "# TYPE a gauge\n# UNIT a seconds\na 1\n",
           "# HELP a \"x\"\n# TYPE a gauge\na 1\n",
           "# TYPE a gauge\na 1 # {} 1\n",
           "# TYPE a info\na_info 2\n",
           "# TYPE a stateset\na 1\n",
           "# TYPE a stateset\na{a=\"x\"} 2\n",
           "# TYPE a counter\na_total 1\n# TYPE a_total gauge\na_total 1\n",
           "# TYPE a summary\na_sum 1\n# TYPE a_created gauge\na_created 1\n",
           "# TYPE s summary\ns{quantile=\"50.0\"} 1\n",
           "# TYPE s summary\ns{quantile=\"1\"} 1\n",
           "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 1\n",
           "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_count 1\n",
           "# TYPE h histogram\nh_bucket{le=\"-1.0\"} 1\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count "
           "1\n",
           "# TYPE h histogram\nh_bucket{le=\"1.0\"} 1 # {} 2\nh_bucket{le=\"+Inf\"} 1\n",
           "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1.5\n",
           "# TYPE s summary\ns_sum{a=\"1\"} 1\ns_sum{a=\"2\"} 1\ns_count{a=\"1\"} 1\n",
       }) {
    CAPTURE(page);
    CHECK_FALSE(OpenIsValid(page));
  }
}

}  // namespace
}  // namespace pillion::exposition
