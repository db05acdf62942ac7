#include "common/compat/flags.hpp"
#include "common/compat/translation.hpp"

#include <doctest/doctest.h>

#include <map>

namespace pillion::compat {
namespace {

using Words = std::vector<std::string>;

constexpr Flag kFlags[] = {
    {"name", Kind::kText, "", "NAME"},        {"on", Kind::kBool, "false", "ON"},
    {"count", Kind::kWhole, "3", "COUNT"},    {"wait", Kind::kDuration, "15s", "WAIT"},
    {"listen", Kind::kList, ":1", "LISTEN"},  {"version", Kind::kBool, "false"},
    {"tls-server-file", Kind::kText, "", ""},
};

std::string Read(Syntax syntax, const Words& words,
                 const std::map<std::string, std::string, std::less<>>& variables = {}) {
  const auto line = ReadCommandLine(syntax, kFlags, words,
                                    [&](std::string_view name) -> std::optional<std::string> {
                                      const auto at = variables.find(name);
                                      if (at == variables.end()) return std::nullopt;
                                      return at->second;
                                    });
  if (!line) return "error: " + line.error().message;
  std::string text = line->help ? "help " : "";
  for (const Given& given : line->given) {
    text += given.Name() + (given.IsPreset() ? "~" : "=");
    for (const std::string& value : given.values) text += value + ";";
    text += " ";
  }
  return text;
}

TEST_CASE("kingpin flags are read") {
  const auto read = [](const Words& words) { return Read(Syntax::kKingpin, words); };
  CHECK(read({}) == "");
  CHECK(read({"--name=a=b"}) == "--name=a=b; ");
  CHECK(read({"--name", "--x"}) == "--name=--x; ");
  CHECK(read({"--name="}) == "--name~; ");
  CHECK(read({"--on", "--count=4"}) == "--on=true; --count=4; ");
  CHECK(read({"--on", "--no-on"}) == "--on~false; ");
  CHECK(read({"--listen=:2", "--listen", ":3"}) == "--listen=:2;:3; ");
  CHECK(read({"--listen=:1"}) == "--listen~:1; ");
  CHECK(read({"--wait=1m30s"}) == "--wait=90s; ");
  CHECK(read({"-h"}) == "help ");
  CHECK(read({"--help-long"}) == "help ");
}

TEST_CASE("kingpin errors are told without the value") {
  const auto read = [](const Words& words) { return Read(Syntax::kKingpin, words); };
  CHECK(read({"--nmae=x"}) == "error: unknown flag `--nmae`; did you mean `--name`?");
  CHECK(read({"-name=x"}) == "error: unknown flag `-name`; did you mean `--name`?");
  CHECK(read({"--zzzzzzzzz"}) == "error: unknown flag `--zzzzzzzzz`; --help lists them");
  CHECK(read({"--no-name"}) == "error: unknown flag `--no-name`; did you mean `--name`?");
  CHECK(read({"--name"}) == "error: --name needs a value");
  CHECK(read({"--count=secret"}) == "error: --count: expected a whole number");
  CHECK(read({"--on=yes"}) == "error: --on: expected true or false");
  CHECK(read({"--wait=5"}) == "error: --wait: expected a duration such as 15s or 1m30s");
  CHECK(read({"word"}) == "error: unexpected `word`: every flag begins with --");
}

TEST_CASE("flags of Go are read") {
  const auto read = [](const Words& words) { return Read(Syntax::kGo, words); };
  CHECK(read({"-name", "a", "--count=4"}) == "--name=a; --count=4; ");
  CHECK(read({"-on"}) == "--on=true; ");
  CHECK(read({"--on=T"}) == "--on=true; ");
  CHECK(read({"--on=0"}) == "--on~false; ");
  CHECK(read({"-name=a", "word", "-count=x"}) == "--name=a; ");
  CHECK(read({"--", "-nonsense"}) == "");
  CHECK(read({"-help"}) == "help ");
  CHECK(read({"--no-on"}) == "error: unknown flag `--no-on`; --help lists them");
}

TEST_CASE("variables stand behind flags") {
  CHECK(Read(Syntax::kKingpin, {"--name=a"}, {{"NAME", "b"}}) == "--name=a; ");
  CHECK(Read(Syntax::kKingpin, {}, {{"NAME", "b"}, {"ON", "1"}}) == "NAME=b; ON=true; ");
  CHECK(Read(Syntax::kKingpin, {}, {{"NAME", ""}}) == "");
  CHECK(Read(Syntax::kKingpin, {}, {{"LISTEN", ":2\n:3\n"}}) == "LISTEN=:2;:3; ");
  CHECK(Read(Syntax::kKingpin, {}, {{"ON", "yes"}}) == "error: ON: expected true or false");
  CHECK(Read(Syntax::kGo, {}, {{"NAME", ""}}) == "NAME~; ");
  CHECK(Read(Syntax::kGo, {}, {{"ON", "yes"}, {"COUNT", "many"}}) == "");
  CHECK(Read(Syntax::kGo, {}, {{"WAIT", "long"}}) ==
        "error: WAIT: expected a duration such as 15s or 1m30s");
}

TEST_CASE("durations of Go are those of ours") {
  CHECK(FromGoDuration("1m") == "60s");
  CHECK(FromGoDuration("1.5h") == "5400s");
  CHECK(FromGoDuration("1h2m3s4ms") == "3723004ms");
  CHECK(FromGoDuration("250ms") == "250ms");
  CHECK(FromGoDuration("1500us") == "2ms");
  CHECK(FromGoDuration("0") == "0s");
  CHECK(FromGoDuration("0s") == "0s");
  for (const char* wrong :
       {"", "5", "-5s", "s", "1x", "1e3s", "nan", "infs", "1s ", "99999999999h"}) {
    CAPTURE(wrong);
    CHECK(!FromGoDuration(wrong));
  }
}

TEST_CASE("a text is a TOML string that means just it") {
  CHECK(Quote("a\"b\\c\n\x7f") == R"("a\"b\\c\u000A\u007F")");
  CHECK(Quote("${env:HOME} $${x} $") == R"("$${env:HOME} $$${x} $")");
  CHECK(QuotePattern(FromVariable("A") + FromFile("/b")) == R"("${env:A}${file:/b}")");
  CHECK(List({"a", "b\""}) == R"(["a", "b\""])");
  CHECK(List({}) == "[]");
}

}  // namespace
}  // namespace pillion::compat
