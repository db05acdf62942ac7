#include "core/parse/cases.hpp"

namespace pillion::testing {
namespace {

using Events = std::vector<std::string>;
constexpr auto kText = parse::Syntax::kText;

TEST_CASE("a line beyond its limit is one problem and the next line is read") {
  parse::Limits limits;
  limits.line_bytes = 10;
  for (const size_t chunk : {0u, 1u, 4u, 11u}) {
    CAPTURE(chunk);
    CHECK(ParseEvents(kText, "a 12345678\nb 123456789\nc 1\n", chunk, limits) ==
          Events{"1:1 sample a 12345678", "2:1 error limit", "3:1 sample c 1"});
    CHECK(ParseEvents(kText, "b 12345678901234567890\nc 1\n", chunk, limits) ==
          Events{"1:1 error limit", "2:1 sample c 1"});
  }
}

TEST_CASE("names values labels and numbers have limits") {
  parse::Limits limits;
  limits.name_bytes = 3;
  limits.label_value_bytes = 4;
  limits.labels = 2;
  limits.number_bytes = 5;
  const auto events = [&](const std::string& page) { return ParseEvents(kText, page, 0, limits); };
  CHECK(events("abc{abc=\"1234\",d=\"\"} 12345\n").front().find("sample") != std::string::npos);
  CHECK(events("abcd 1\n") == Events{"1:5 error limit"});
  CHECK(events("a{abcd=\"1\"} 1\n") == Events{"1:7 error limit"});
  CHECK(events("a{\"abcd\"=\"1\"} 1\n") == Events{"1:3 error limit"});
  CHECK(events("a{b=\"12345\"} 1\n") == Events{"1:5 error limit"});
  CHECK(events("a{b=\"1\",c=\"\",d=\"\"} 1\n") == Events{"1:14 error limit"});
  CHECK(events("a 123456\n") == Events{"1:3 error limit"});
  CHECK(events("a 1 123456\n") == Events{"1:5 error limit"});
}

TEST_CASE("messages show what stands there shortened and without control characters") {
  ParseRecorder recorder;
  const auto parser = parse::MakeParser(kText, {}, &recorder);
  parser->Feed("a 1\x01\x7fz\n");
  parser->Feed("a " + std::string(300, 'x') + "\n");
  REQUIRE(recorder.messages.size() == 2);
  CHECK(recorder.messages[0] == "`1??z` is not a number");
  CHECK(recorder.messages[1].size() < 80);
}

}  // namespace
}  // namespace pillion::testing
