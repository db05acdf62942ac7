// Patterns of Lua against what Lua's manual says of them; live_optional_test.cpp asks Lua itself.
#include "lua_pattern.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>

using pillion::redis::LuaPattern;

namespace {

std::optional<std::string> Group(const std::string& pattern, const std::string& text) {
  const auto compiled = LuaPattern::Compile(pattern);
  REQUIRE_MESSAGE(compiled.ok(), pattern);
  std::string group = "before";
  if (!compiled->Find(text, group)) return std::nullopt;
  return group;
}

std::string ErrorOf(const std::string& pattern) {
  const auto compiled = LuaPattern::Compile(pattern);
  return compiled.ok() ? "" : compiled.error().message;
}

}  // namespace

TEST_CASE("captures of the first match are put together") {
  CHECK(Group("^(key_ringo)_[0-9]+$", "key_ringo_15") == "key_ringo");
  CHECK(Group("^(key_ringo)_[0-9]+$", "key_ringo_x") == std::nullopt);
  CHECK(Group("(%a+):(%d+)", "  user:42:x") == "user42");
  CHECK(Group("user:", "a user: b") == "");
  CHECK(Group("^(.*)$", "") == "");
  CHECK(Group("()ab()", "xxab") == "35");
  CHECK(Group("((a)(b))", "ab") == "abab");
  CHECK(Group("^(.-):(.-):", "a:b:c") == "ab");
}

TEST_CASE("repetitions are greedy or not as their sign says") {
  CHECK(Group("(a*)", "aaab") == "aaa");
  CHECK(Group("(a+)b", "aaab") == "aaa");
  CHECK(Group("(a-)b", "aaab") == "aaa");
  CHECK(Group("(a-)", "aaab") == "");
  CHECK(Group("^(a?)(a?)(a?)$", "aa") == "aa");
  CHECK(Group("^<(.*)>", "<a><b>") == "a><b");
  CHECK(Group("^<(.-)>", "<a><b>") == "a");
  CHECK(Group("x(y+)", "xx") == std::nullopt);
}

TEST_CASE("classes and sets") {
  CHECK(Group("(%w+)", "!ab9_") == "ab9");
  CHECK(Group("(%W+)", "ab-: c") == "-: ");
  CHECK(Group("([%w_]+)", "!ab9_") == "ab9_");
  CHECK(Group("([^:]+)", "::a b:c") == "a b");
  CHECK(Group("([]]+)", "a]]") == "]]");
  CHECK(Group("([^]]+)", "a]]") == "a");
  CHECK(Group("([a-c-]+)", "zab-d") == "ab-");
  CHECK(Group("([%]%-]+)", "a]-") == "]-");
  CHECK(Group("(%p+)", "a.,b") == ".,");
  CHECK(Group("(%u%l)", "aBc") == "Bc");
  CHECK(Group("(%x+)", "xyzDEADg") == "DEAD");
  CHECK(Group("(%.%%)", "a.%") == ".%");
  CHECK(Group("(%g)", "fg") == "g");  // no class in 5.1
  CHECK(Group("(%z)", std::string("a\0b", 3)) == std::string(1, '\0'));
  CHECK(Group("(%a)", "\xc3\xa4z") == "z");
}

TEST_CASE("anchors count only at their ends") {
  CHECK(Group("^b", "ab") == std::nullopt);
  CHECK(Group("(a^b)", "a^b") == "a^b");
  CHECK(Group("(a$b)", "a$b") == "a$b");
  CHECK(Group("(b)$", "ab") == "b");
  CHECK(Group("(a)$", "ab") == std::nullopt);
}

TEST_CASE("balance and frontier and references") {
  CHECK(Group("(%b())", "f(a(b)c)d)") == "(a(b)c)");
  CHECK(Group("%b()", "f(a") == std::nullopt);
  CHECK(Group("%f[%w](%w+)%f[%W]", "  word!") == "word");
  CHECK(Group("(.)%1", "abccd") == "c");
  CHECK(Group("()%1", "aa") == std::nullopt);
}

TEST_CASE("a sign after what cannot be repeated is a character") {
  CHECK(Group("(a)*", "a*") == "a");
  CHECK(Group("(a)*", "aa") == std::nullopt);
  CHECK(Group("*(a)", "*a") == "a");
}

TEST_CASE("malformed patterns are refused with a reason") {
  CHECK(ErrorOf("a%").find("ends with") != std::string::npos);
  CHECK(ErrorOf("[a").find("`]` is missing") != std::string::npos);
  CHECK(ErrorOf("[]").find("`]` is missing") != std::string::npos);
  CHECK(ErrorOf("[%]").find("`]` is missing") != std::string::npos);
  CHECK(ErrorOf("(a").find("unfinished") != std::string::npos);
  CHECK(ErrorOf("a)").find("without") != std::string::npos);
  CHECK(ErrorOf("%ba").find("%b") != std::string::npos);
  CHECK(ErrorOf("%fa").find("%f") != std::string::npos);
  CHECK(ErrorOf("%1").find("%1") != std::string::npos);
  CHECK(ErrorOf("(a%1)").find("%1") != std::string::npos);
  CHECK(ErrorOf("(a)%0") != "");
  CHECK(ErrorOf(std::string(2000, 'a')) != "");
  std::string many;
  for (int i = 0; i < 33; ++i) many += "()";
  CHECK(ErrorOf(many).find("too many") != std::string::npos);
  CHECK(ErrorOf(std::string("a\0", 2)) != "");
}

TEST_CASE("a pattern that would take for ever is no match and costs a bounded number of steps") {
  std::string pattern;
  for (int i = 0; i < 20; ++i) pattern += ".-";
  CHECK(Group(pattern + "(x)", std::string(500, 'a')) == std::nullopt);
  CHECK(Group("(a)", std::string(LuaPattern::kTextBytesMax + 1, 'a')) == std::nullopt);
}
