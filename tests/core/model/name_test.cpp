#include "model/name.hpp"

#include <doctest/doctest.h>

namespace pillion {
namespace {

std::string Label(std::string_view value) {
  std::string out = "<";
  AppendLabelValue(out, value);
  return out;
}

std::string Help(std::string_view help, HelpEscape escape) {
  std::string out;
  AppendHelp(out, help, escape);
  return out;
}

TEST_CASE("metric names are legacy ones or other UTF-8") {
  for (const char* name : {"a", "A_b:c9", "_x", ":x", "__x"}) {
    CHECK(KindOfMetricName(name) == NameKind::kLegacy);
  }
  for (const char* name :
       {"9a", "a-b", "a b", "a.b", "\xC3\xA9", "a\n", "\xF0\x9F\x98\x80", "\""}) {
    CAPTURE(name);
    CHECK(KindOfMetricName(name) == NameKind::kUtf8);
  }
  for (const char* name : {"", "\xC3", "a\xFF", "\xC0\x80", "\xED\xA0\x80"}) {
    CAPTURE(name);
    CHECK(KindOfMetricName(name) == NameKind::kInvalid);
  }
  CHECK_FALSE(IsMetricName(std::string_view("a\0b", 3)));
  CHECK(IsMetricName(std::string(kNameBytesMax, 'a')));
  CHECK_FALSE(IsMetricName(std::string(kNameBytesMax + 1, 'a')));
}

TEST_CASE("legacy label names have no colon and none may begin with two underscores") {
  for (const char* name : {"a", "_a", "le", "a__b"}) {
    CHECK(KindOfLabelName(name) == NameKind::kLegacy);
  }
  for (const char* name : {"a:b", "1", "a-b", "_\xC3\xA9"}) {
    CAPTURE(name);
    CHECK(KindOfLabelName(name) == NameKind::kUtf8);
  }
  for (const char* name : {"", "__name__", "__x", "__\xC3\xA9", "\xFF"}) {
    CAPTURE(name);
    CHECK(KindOfLabelName(name) == NameKind::kInvalid);
  }
  CHECK_FALSE(IsLabelName(std::string_view("a\0b", 3)));
  CHECK_FALSE(IsLabelName(std::string(kNameBytesMax + 1, 'a')));
}

TEST_CASE("label names stand bare where they can and quoted elsewhere") {
  const auto spelled = [](std::string_view name) {
    std::string out;
    AppendLabelName(out, name);
    return out;
  };
  CHECK(spelled("le_2") == "le_2");
  CHECK(spelled("a:b") == "\"a:b\"");
  CHECK(spelled("a\"\\\n") == R"("a\"\\\n")");
}

TEST_CASE("plain text only loses what is not UTF-8") {
  std::string out = "<";
  AppendUtf8(out, "a\n\"\\\xC3\xA9\xFF");
  CHECK(out == "<a\n\"\\\xC3\xA9\xEF\xBF\xBD");
}

TEST_CASE("label values are escaped and everything else is left alone") {
  CHECK(Label("") == "<");
  CHECK(Label("plain {},= text") == "<plain {},= text");
  CHECK(Label("a\\b\"c\nd") == R"(<a\\b\"c\nd)");
  CHECK(Label("\t\r") == "<\t\r");
  CHECK(Label("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80") == "<\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
}

TEST_CASE("bytes that are not UTF-8 become replacement characters one by one") {
  const std::string r = "\xEF\xBF\xBD";
  CHECK(Label("a\xFF"
              "b") == "<a" + r + "b");
  CHECK(Label("\xC3") == "<" + r);                          // cut off
  CHECK(Label("\xC0\x80") == "<" + r + r);                  // overlong
  CHECK(Label("\xE0\x80\x80") == "<" + r + r + r);          // overlong
  CHECK(Label("\xED\xA0\x80") == "<" + r + r + r);          // a surrogate
  CHECK(Label("\xF4\x90\x80\x80") == "<" + r + r + r + r);  // above U+10FFFF
  CHECK(Label("\xC3\"") == "<" + r + "\\\"");               // the quote is still escaped
}

TEST_CASE("help is escaped for text and further for OpenMetrics") {
  CHECK(Help("a\\b\"c\nd", HelpEscape::kText) == "a\\\\b\"c\\nd");
  CHECK(Help("a\\b\"c\nd", HelpEscape::kOpenMetrics) == "a\\\\b\\\"c\\nd");
  CHECK(Help("\xFF", HelpEscape::kText) == "\xEF\xBF\xBD");
}

TEST_CASE("unescaping gives the value back") {
  for (const std::string value : {"", "plain", "a\\b\"c\nd", "\\n", "\\\\n\n", "\xC3\xA9"}) {
    CHECK(UnescapeLabelValue(Label(value).substr(1)) == value);
  }
  CHECK(UnescapeLabelValue("\\") == "\\");
}

TEST_CASE("text is cut between characters") {
  CHECK(CutAtCharacter("abc", 3) == "abc");
  CHECK(CutAtCharacter("abcd", 3) == "abc");
  CHECK(CutAtCharacter("ab\xC3\xA9", 3) == "ab");
  CHECK(CutAtCharacter("a\xF0\x9F\x98\x80z", 4) == "a");
  CHECK(CutAtCharacter("a\xF0\x9F\x98\x80z", 5) == "a\xF0\x9F\x98\x80");
  CHECK(CutAtCharacter("\xC3\xA9", 1) == "");
  CHECK(CutAtCharacter("abc", 0) == "");
}

TEST_CASE("text that is not UTF-8 is cut at the bound and does not vanish") {
  const std::string garbage(100, '\x80');
  CHECK(CutAtCharacter(garbage, 50).size() == 50);
}

}  // namespace
}  // namespace pillion
