#include "core/parse/cases.hpp"

namespace pillion::testing {
namespace {

constexpr auto kText = parse::Syntax::kText;

TEST_CASE("samples of text are read with their labels values and timestamps") {
  CheckCases(kText, {
                        {"a 1\n", {"1:1 sample a 1"}},
                        {"a:b_C9{} 1\n", {"1:1 sample a:b_C9 1"}},
                        {"a{b=\"c\"} -1.5\n", {"1:1 sample a{b=\"c\"} -1.5"}},
                        {"a{b=\"c\",d=\"\"} 1e3\n", {"1:1 sample a{b=\"c\",d=\"\"} 1000"}},
                        {"a{b=\"c\",} 1\n", {"1:1 sample a{b=\"c\"} 1"}},
                        {"a 1 1700000000500\n", {"1:1 sample a 1 @1700000000.5"}},
                        {"a 1 0\n", {"1:1 sample a 1 @0"}},
                        {"a{b=\"c\"}1\n", {"1:1 sample a{b=\"c\"} 1"}},
                        {"a NaN\nb +Inf\nc -Inf\n",
                         {"1:1 sample a NaN", "2:1 sample b +Inf", "3:1 sample c -Inf"}},
                        {"a{b=\"\\\\x\\n\\\"\"} 1\n", {"1:1 sample a{b=\"\\x\n\"\"} 1"}},
                        {"a{b=\"é{}, =#\"} 1\n", {"1:1 sample a{b=\"é{}, =#\"} 1"}},
                        {"", {}},
                    });
}

TEST_CASE("text takes blanks and empty lines wherever tokens end") {
  CheckCases(kText, {
                        {"\n \t \na\t{ b = \"c\" , d=\"e\" , }  1 \t 2\n",
                         {"3:1 sample a{b=\"c\",d=\"e\"} 1 @0.002"}},
                        {" #  TYPE \t a gauge\n", {"1:2 type a gauge"}},
                        {"#\tHELP\ta \t b\n", {"1:1 help a b"}},
                    });
}

TEST_CASE("several escapes on one line are each undone") {
  const std::string c40(40, 'x');
  CheckCases(kText,
             {{"a{b=\"\\\\\"} 1\na{b=\"\\n" + c40 + "\",c=\"" + c40 + "\\\\\",d=\"\\\"\"} 1\n",
               {"1:1 sample a{b=\"\\\"} 1",
                "2:1 sample a{b=\"\n" + c40 + "\",c=\"" + c40 + "\\\",d=\"\"\"} 1"}}});
}

TEST_CASE("metadata and comments of text are told apart") {
  CheckCases(
      kText,
      {
          {"# HELP a Some  text \\\\ \\n \"x\" \n", {"1:1 help a Some  text \\ \n \"x\" "}},
          {"# HELP a\n", {"1:1 help a "}},
          {"# HELP a \n", {"1:1 help a "}},
          {"# TYPE a counter\n# TYPE b gauge\n# TYPE c histogram\n",
           {"1:1 type a counter", "2:1 type b gauge", "3:1 type c histogram"}},
          {"# TYPE a summary\n# TYPE b untyped\n", {"1:1 type a summary", "2:1 type b unknown"}},
          {"# EOF\n# UNIT a b\n#\n# \n#x\n# HELPa b\n# help a b\n", {}},
          {"#HELP a b\n#TYPE a gauge\n",
           {"1:2 warning lost-metadata", "2:2 warning lost-metadata"}},
      });
}

TEST_CASE("what the labels of a line are called does not depend on the line before") {
  CheckCases(
      kText,
      {
          {"a{b=\"1\",c=\"2\"} 1\na{b=\"3\",c=\"4\"} 1\na{b=\"5\"} 1\na{c=\"6\",b=\"7\"} 1\n",
           {"1:1 sample a{b=\"1\",c=\"2\"} 1", "2:1 sample a{b=\"3\",c=\"4\"} 1",
            "3:1 sample a{b=\"5\"} 1", "4:1 sample a{c=\"6\",b=\"7\"} 1"}},
          {"a{b=\"1\"} 1\na{bc=\"1\"} 1\na{b =\"1\"} 1\na{b= \"1\"} 1\n",
           {"1:1 sample a{b=\"1\"} 1", "2:1 sample a{bc=\"1\"} 1", "3:1 sample a{b=\"1\"} 1",
            "4:1 sample a{b=\"1\"} 1"}},
          {"a{b=\"1\"} 1\na{b=\"1\",b=\"2\"} 1\na{b=\"1\",\"b\"=\"2\"} 1\n",
           {"1:1 sample a{b=\"1\"} 1", "2:9 error duplicate-label", "3:9 error duplicate-label"}},
          {"a{\"b\"=\"1\",c=\"2\",d=\"3\"} 1\na{c=\"4\",\"e f\"=\"5\",d=\"6\"} 1\n"
           "a{c=\"7\",\"e f\"=\"8\",c=\"9\"} 1\n",
           {"1:1 sample a{\"b\"=\"1\",c=\"2\",d=\"3\"} 1",
            "2:1 sample a{c=\"4\",\"e f\"=\"5\",d=\"6\"} 1", "3:19 error duplicate-label"}},
          {"a{\"e f\"=\"1\"} 1\na{e f=\"1\"} 1\n",
           {"1:1 sample a{\"e f\"=\"1\"} 1", "2:5 error label-syntax"}},
          {"a{b=\"1\",c=\"1\"} 1\na{d=\"1\",e=\"1\"} 1\na{d=\"1\",c=\"1\",d=\"2\"} 1\n",
           {"1:1 sample a{b=\"1\",c=\"1\"} 1", "2:1 sample a{d=\"1\",e=\"1\"} 1",
            "3:15 error duplicate-label"}},
          {"a{b=\"1\",c=\"2\"} 1\na{b=\"1\n",
           {"1:1 sample a{b=\"1\",c=\"2\"} 1", "2:5 error label-syntax"}},
      });
}

TEST_CASE("quoted names are read as Prometheus 3 writes them") {
  CheckCases(kText, {
                        {"{\"my.name\"} 1\n", {"1:1 sample \"my.name\" 1"}},
                        {"{\"my.name\",} 1\n", {"1:1 sample \"my.name\" 1"}},
                        {"{\"my.name\",\"a b\"=\"c\",d=\"e\"} 1\n",
                         {"1:1 sample \"my.name\"{\"a b\"=\"c\",d=\"e\"} 1"}},
                        {"a{\"b\\\"\\\\\"=\"c\"} 1\n", {"1:1 sample a{\"b\"\\\"=\"c\"} 1"}},
                        {"# HELP \"my.name\" x\n# TYPE \"my.name\" gauge\n",
                         {"1:1 help \"my.name\" x", "2:1 type \"my.name\" gauge"}},
                    });
}

TEST_CASE("quoted names stand in the right place only") {
  CheckCases(kText, {
                        {"\"a.b\" 1\n", {"1:1 error metric-name"}},
                        {"{\"\"} 1\n", {"1:1 error metric-name"}},
                        {"{a=\"b\"} 1\n", {"1:1 error metric-name"}},
                        {"{} 1\n", {"1:1 error metric-name"}},
                        {"{a=\"b\",\"c\"} 1\n", {"1:8 error label-syntax"}},
                        {"{\"a\",\"b\"} 1\n", {"1:6 error label-syntax"}},
                        {"a{\"b\"} 1\n", {"1:3 error label-syntax"}},
                        {"a{\"\"=\"b\"} 1\n", {"1:3 error label-name"}},
                        {"# TYPE \"a gauge\n", {"1:8 error metric-name"}},
                        {"# TYPE \"\" gauge\n", {"1:8 error metric-name"}},
                    });
}

TEST_CASE("a broken sample is one error where it breaks") {
  CheckCases(kText, {
                        {"1a 1\n", {"1:1 error metric-name"}},
                        {"a.b 1\n", {"1:2 error metric-name"}},
                        {"a\n", {"1:2 error value"}},
                        {"a \n", {"1:3 error value"}},
                        {"a 0x10\n", {"1:3 error value"}},
                        {"a 1,5\n", {"1:3 error value"}},
                        {"a{b=\"c\"} {\n", {"1:10 error value"}},
                        {"a 1 1.5\n", {"1:5 error timestamp"}},
                        {"a 1 2 3\n", {"1:7 error trailing-text"}},
                        {"a 1 # {b=\"c\"} 1\n", {"1:5 error exemplar"}},
                        {"a 1 2 # {b=\"c\"} 1\n", {"1:7 error exemplar"}},
                        {"a{\n", {"1:3 error label-name"}},
                        {"a{b\n", {"1:4 error label-syntax"}},
                        {"a{b=\n", {"1:5 error label-syntax"}},
                        {"a{b=c} 1\n", {"1:5 error label-syntax"}},
                        {"a{b=\"c} 1\n", {"1:5 error label-syntax"}},
                        {"a{b=\"c\\\n", {"1:5 error label-syntax"}},
                        {"a{b=\"c\"\n", {"1:8 error label-syntax"}},
                        {"a{b=\"c\";d=\"e\"} 1\n", {"1:8 error label-syntax"}},
                        {"a{,} 1\n", {"1:3 error label-name"}},
                        {"a{b:c=\"d\"} 1\n", {"1:4 error label-syntax"}},
                        {"a{b=\"c\",,} 1\n", {"1:9 error label-name"}},
                        {"a{b=\"c\",b=\"d\"} 1\n", {"1:9 error duplicate-label"}},
                        {"a{b=\"\\x\"} 1\n", {"1:6 error escape"}},
                        {"a 1\r\n", {"1:4 error whitespace"}},
                        {" a 1\n", {"1:1 error whitespace"}},
                        {"a 1 \n", {"1:4 error whitespace"}},
                        {"a 1 2\t\n", {"1:6 error whitespace"}},
                        {"a 1 -1\n", {"1:5 error timestamp"}},
                        {"a 1 +1\n", {"1:5 error timestamp"}},
                        {"a{b=\"\xff\"} 1\n", {"1:6 error invalid-utf8"}},
                    });
}

TEST_CASE("broken metadata is one error where it breaks") {
  CheckCases(kText, {
                        {"# HELP\n", {"1:7 error metadata"}},
                        {"# TYPE \n", {"1:8 error metric-name"}},
                        {"# TYPE a\n", {"1:9 error unknown-type"}},
                        {"# TYPE a \n", {"1:10 error unknown-type"}},
                        {"# TYPE a Gauge\n", {"1:10 error unknown-type"}},
                        {"# TYPE a  gauge\n", {"1:10 error unknown-type"}},
                        {"# TYPE a gauge \n", {"1:10 error unknown-type"}},
                        {"# TYPE a info\n", {"1:10 error unknown-type"}},
                        {"# HELP a.b c\n", {"1:9 error metric-name"}},
                        {"# HELP a b\\\n", {"1:11 error escape"}},
                        {"# HELP a b\\\"\n", {"1:11 error escape"}},
                        {"# HELP a \xc3\n", {"1:10 error invalid-utf8"}},
                    });
}

TEST_CASE("parsing goes on after an error") {
  CheckCases(kText, {{"a 1\nb x\nc 3\n", {"1:1 sample a 1", "2:3 error value", "3:1 sample c 3"}}});
}

TEST_CASE("a visitor that wants no more hears no more") {
  ParseRecorder recorder;
  recorder.problems_max = 1;
  const auto parser = parse::MakeParser(kText, {}, &recorder);
  CHECK_FALSE(parser->Feed("a 1\nb x\nc 3\nd y\n"));
  CHECK_FALSE(parser->Feed("e 3\n"));
  CHECK_FALSE(parser->Finish());
  CHECK(recorder.events == std::vector<std::string>{"1:1 sample a 1", "2:3 error value"});
}

TEST_CASE("a last line without line feed is not believed") {
  CheckCases(kText, {{"a 1\nb 12", {"1:1 sample a 1", "2:5 error final-line-feed"}}});
}

}  // namespace
}  // namespace pillion::testing
