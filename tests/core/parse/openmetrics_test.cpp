#include "core/parse/cases.hpp"

namespace pillion::testing {
namespace {

constexpr auto kOpenMetrics = parse::Syntax::kOpenMetrics;

// The events of lines that # EOF follows.
void CheckLines(const std::vector<ParseCase>& cases) {
  for (const ParseCase& one : cases) {
    CAPTURE(one.page);
    CHECK(ParseEvents(kOpenMetrics, one.page + "# EOF\n") == one.events);
  }
}

TEST_CASE("OpenMetrics is read with exemplars and timestamps in seconds") {
  CheckLines({
      {"a 1\n", {"1:1 sample a 1"}},
      {"a{b=\"c\"} 1 1.5\n", {"1:1 sample a{b=\"c\"} 1 @1.5"}},
      {"a{} 1 1e3\n", {"1:1 sample a 1 @1000"}},
      {"a 1 # {} 2\n", {"1:1 sample a 1 # {} 2"}},
      {"a 1 # {b=\"c\",d=\"\\n\"} 2 3.5\n", {"1:1 sample a 1 # {b=\"c\",d=\"\n\"} 2 @3.5"}},
      {"a 1 5 # {b=\"c\"} 2\n", {"1:1 sample a 1 @5 # {b=\"c\"} 2"}},
      {"{\"a.b\",\"c.d\"=\"e\"} 1\n", {"1:1 sample \"a.b\"{\"c.d\"=\"e\"} 1"}},
      {"", {}},
  });
}

TEST_CASE("metadata of OpenMetrics has all eight types and units") {
  CheckLines({
      {"# TYPE a counter\n# TYPE b gauge\n# TYPE c histogram\n# TYPE d summary\n",
       {"1:1 type a counter", "2:1 type b gauge", "3:1 type c histogram", "4:1 type d summary"}},
      {"# TYPE a unknown\n# TYPE b info\n# TYPE c stateset\n# TYPE d gaugehistogram\n",
       {"1:1 type a unknown", "2:1 type b info", "3:1 type c stateset",
        "4:1 type d gaugehistogram"}},
      {"# UNIT a_seconds seconds\n# UNIT b \n", {"1:1 unit a_seconds seconds", "2:1 unit b "}},
      {"# HELP a  x \\\"y\\\" \\\\ \\n\n", {"1:1 help a  x \"y\" \\ \n"}},
      {"# HELP a \n", {"1:1 help a "}},
  });
}

TEST_CASE("what text allows and OpenMetrics does not is an error") {
  CheckLines({
      {"\n", {"1:1 error empty-line"}},
      {" a 1\n", {"1:1 error whitespace"}},
      {"a  1\n", {"1:3 error whitespace"}},
      {"a\t1\n", {"1:2 error whitespace"}},
      {"a 1 \n", {"1:4 error whitespace"}},
      {"a 1  2\n", {"1:5 error whitespace"}},
      {"a {b=\"c\"} 1\n", {"1:3 error value"}},
      {"a{b=\"c\"}1\n", {"1:9 error whitespace"}},
      {"a{ b=\"c\"} 1\n", {"1:3 error label-name"}},
      {"a{b=\"c\", d=\"e\"} 1\n", {"1:9 error label-name"}},
      {"a{b=\"c\",} 1\n", {"1:9 error label-syntax"}},
      {"# c\n", {"1:1 error comment"}},
      {"#\n", {"1:1 error comment"}},
      {"#HELP a b\n", {"1:1 error comment"}},
      {"#  HELP a b\n", {"1:1 error comment"}},
      {"# HELP  a b\n", {"1:8 error whitespace"}},
      {"# TYPE a  gauge\n", {"1:10 error whitespace"}},
      {"# TYPE a untyped\n", {"1:10 error unknown-type"}},
      {"# HELP a\n", {"1:9 error metadata"}},
      {"# UNIT a\n", {"1:9 error metadata"}},
      {"# UNIT a b c\n", {"1:10 error metadata"}},
      {"# HELP a \"b\"\n", {"1:10 error escape"}},
  });
}

TEST_CASE("broken exemplars and timestamps of OpenMetrics are errors") {
  CheckLines({
      {"a 1 NaN\n", {"1:5 error timestamp"}},
      {"a 1 +Inf\n", {"1:5 error timestamp"}},
      {"a 1 #\n", {"1:6 error whitespace"}},
      {"a 1 # \n", {"1:7 error exemplar"}},
      {"a 1 # 2\n", {"1:7 error exemplar"}},
      {"a 1 # {b=\"c\"}\n", {"1:14 error whitespace"}},
      {"a 1 # {b=\"c\"} x\n", {"1:15 error value"}},
      {"a 1 # {b=\"c\"} 1 x\n", {"1:17 error timestamp"}},
      {"a 1 # {b=\"c\"} 1 2 3\n", {"1:18 error trailing-text"}},
      {"a 1 # {\"b\"} 1\n", {"1:8 error label-syntax"}},
      {"a 1 # {b=\"c\",b=\"d\"} 1\n", {"1:14 error duplicate-label"}},
      {"a 1#{b=\"c\"} 1\n", {"1:3 error value"}},
  });
}

TEST_CASE("a backslash without meaning is kept in OpenMetrics and warned of") {
  CheckLines({
      {"a{b=\"\\x\"} 1\n", {"1:6 warning odd-escape", "1:1 sample a{b=\"\\x\"} 1"}},
      {"# HELP a \\x\n", {"1:10 warning odd-escape", "1:1 help a \\x"}},
      {"# HELP a x\\\n", {"1:11 error escape"}},
  });
}

TEST_CASE("EOF ends an OpenMetrics page") {
  CheckCases(kOpenMetrics, {
                               {"# EOF", {}},
                               {"# EOF\n", {}},
                               {"", {"1:1 error eof"}},
                               {"a 1\n", {"1:1 sample a 1", "2:1 error eof"}},
                               {"# EOF\n# EOF\n", {"2:1 error eof"}},
                               {"# EOF\n\n", {"2:1 error eof"}},
                               {"# EOF\na 1\nb 2\n", {"2:1 error eof"}},
                               {"# EOF\na", {"2:1 error eof"}},
                               {"# EOF \n", {"1:1 error comment", "2:1 error eof"}},
                               {"# EO", {"1:5 error final-line-feed", "2:1 error eof"}},
                           });
}

}  // namespace
}  // namespace pillion::testing
