#include "config/toml_guard.hpp"
#include "core/config/fake_exporter.hpp"
#include "fuzz/config_input.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace pillion {
namespace {

namespace fs = std::filesystem;

using testing::Load;
using testing::Text;

std::string Repeat(std::string_view piece, size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i) out += piece;
  return out;
}

// It ends, and with an error rather than with a configuration.
void CheckRefused(const std::string& text) {
  const auto result = Load(text);
  CHECK(result.config == nullptr);
  CHECK_FALSE(result.problems.empty());
}

TEST_CASE("arrays and tables nested far too deep are refused") {
  CheckRefused("a = " + Repeat("[", 1'000'000));
  CheckRefused("a = " + Repeat("[", 200) + Repeat("]", 200));
  CheckRefused("a = " + Repeat("{a=", 1'000'000));
  CheckRefused("a = " + Repeat("{a=", 200) + "1" + Repeat("}", 200));
  CHECK(Text(Load("a = " + Repeat("[", 20) + Repeat("]", 20))) ==
        "a.toml:1:21: syntax: nested deeper than 16\n");
}

TEST_CASE("dotted keys of any length are refused before they become a tree") {
  const std::string what = "syntax: a key has more than 16 parts\n";
  CHECK(Text(Load(Repeat("a.", 1'000'000) + "a = 1")) == "a.toml:1:32: " + what);
  CHECK(Text(Load("[" + Repeat("'a'. ", 1'000'000) + "a]")) == "a.toml:1:80: " + what);
  CHECK(Text(Load("x = {" + Repeat("\"=\" .", 100) + "a = 1}")) == "a.toml:1:85: " + what);
  CHECK(Load(Repeat("a.", 15) + "a = 1").config == nullptr);
  CHECK(Text(Load(Repeat("a.", 15) + "a = 1")).find("unknown key") != std::string::npos);
  CheckRefused("a = " + Repeat("{" + Repeat("a.", 15) + "a=", 250) + "1" + Repeat("}", 250));
}

TEST_CASE("dots that are no dotted key are left alone") {
  CHECK_FALSE(CheckToml("a = [" + Repeat("1.5, ", 1000) + "]").has_value());
  CHECK_FALSE(CheckToml("a = \"" + Repeat("x.", 1000) + "\"").has_value());
  CHECK_FALSE(CheckToml("a = 'it.s' # " + Repeat("x.", 1000)).has_value());
  CHECK_FALSE(CheckToml("a = \"\"\"" + Repeat(".\"\" .\n", 1000) + "\"\"\"").has_value());
  CHECK_FALSE(CheckToml("a = '''" + Repeat(".'\n", 1000) + "'''''\nb = \"\"").has_value());
  CHECK_FALSE(CheckToml("a = ['''x'''', '\xC3\xA9']").has_value());  // four: one is text
  CHECK_FALSE(CheckToml("a = \"\\\"" + Repeat(".", 100) + "\"").has_value());
}

TEST_CASE("letters outside ASCII need quotes") {
  CHECK(Text(Load("x = 1 \xC3\xA9")) ==
        "a.toml:1:7: syntax: a character outside ASCII needs quotes around it\n");
  CHECK(Text(Load("# \xC3\xA9\n'\xC3\xA9' = 1 \xC3\xA9")) ==
        "a.toml:2:9: syntax: a character outside ASCII needs quotes around it\n");
  CHECK(Load("# \xC3\xA9\n[exporters.fake]\naddress = \"\xC3\xA9\"").config != nullptr);
}

TEST_CASE("bytes that are no text are refused") {
  CheckRefused(std::string("[exporters.fake]\n\0", 18));
  CheckRefused(std::string("[exporters.fake]\naddress = \"a\0b\"", 31));
  CheckRefused(std::string(1000, '\0'));
  CheckRefused("[exporters.fake]\naddress = \"\xFF\"");
  CheckRefused("[exporters.fake]\naddress = \"\xC0\x80\"");
  CheckRefused("[exporters.fake]\naddress = \"\xED\xA0\x80\"");
  CheckRefused("[exporters.fake]\naddress = \"\xC3");
  CheckRefused(" [\x7f\x04");
  CheckRefused(std::string("\xFF\xFE[\0e\0", 6));
}

TEST_CASE("a byte order mark and carriage returns do no harm") {
  CHECK(Text(Load("\xEF\xBB\xBF[exporters.fake]\r\naddress = 'x'\r\n")) == "");
  const auto result = Load("\xEF\xBB\xBFx = 1");
  CHECK(Text(result).find(": x: unknown key") != std::string::npos);
}

TEST_CASE("huge keys and strings end with a short problem") {
  const std::string huge(3'000'000, 'k');
  for (const std::string& text :
       {huge + " = 1", "[" + huge + "]", "[exporters." + huge + "]\n", "'" + huge + "' = 1",
        "[exporters.fake]\n" + huge + " = 1", "[exporters.fake]\nmode = '" + huge + "'",
        "[exporters.fake]\nlock_timeout = '" + std::string(3'000'000, '9') + "s'",
        "[exporters.fake]\nlabels." + huge + " = 'x'",
        "[exporters.fake]\ncollectors = ['" + huge + "']",
        "[exporters.fake]\ntype = '" + huge + "'", huge + " = 1\n" + huge + " = 1"}) {
    const auto result = Load(text);
    CHECK(result.config == nullptr);
    REQUIRE_FALSE(result.problems.empty());
    for (const ConfigProblem& problem : result.problems) CHECK(problem.text.size() < 1000);
  }
}

TEST_CASE("a very long list is refused as a whole") {
  std::string text = "[exporters.fake]\ndatabases = [";
  for (int i = 0; i < 200'000; ++i) text += "'a',";
  CHECK(Text(Load(text + "]")) ==
        "a.toml:2:13: exporters.fake.databases: has more than 1000 items\n");
}

TEST_CASE("every input that the fuzzer keeps is survived") {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(PILLION_SOURCE_DIR "/tests/fuzz/corpus/config")) {
    paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  REQUIRE(paths.size() >= 10);
  for (const fs::path& path : paths) {
    CAPTURE(path.string());
    std::ifstream file(path, std::ios::binary);
    const std::string input{std::istreambuf_iterator<char>(file), {}};
    CHECK(testing::CheckConfigInput(input) == "");
  }
}

}  // namespace
}  // namespace pillion
