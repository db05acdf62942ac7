// Every page of the corpus has the findings that corpus.txt says, and every rule has its page.
#include "core/lint/findings.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

namespace pillion::testing {
namespace {

const std::filesystem::path kFolder = PILLION_SOURCE_DIR "/tests/core/lint";

std::string Read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE_MESSAGE(file, path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

std::map<std::string, std::vector<std::string>> Expected() {
  std::map<std::string, std::vector<std::string>> expected;
  std::istringstream lines(Read(kFolder / "corpus.txt"));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    std::string page;
    words >> page;
    expected[page] = {std::istream_iterator<std::string>(words), {}};
  }
  return expected;
}

parse::Syntax SyntaxOfFile(const std::filesystem::path& path) {
  if (path.extension() == ".openmetrics") return parse::Syntax::kOpenMetrics;
  return path.extension() == ".protobuf" ? parse::Syntax::kProtobuf : parse::Syntax::kText;
}

TEST_CASE("every page of the corpus has the findings that it is there for") {
  auto expected = Expected();
  for (const auto& entry : std::filesystem::directory_iterator(kFolder / "corpus")) {
    const std::string name = entry.path().filename().string();
    CAPTURE(name);
    REQUIRE(expected.count(name) == 1);
    const std::string page = Read(entry.path());
    const lint::Options options{.syntax = SyntaxOfFile(entry.path())};
    const std::string findings = fmt::format("{}", fmt::join(Findings(options, page), " "));
    CHECK(findings == fmt::format("{}", fmt::join(expected[name], " ")));
    CHECK(fmt::format("{}", fmt::join(Findings(options, page, 1), " ")) == findings);
    if (name.starts_with("valid_")) CHECK(lint::CheckPage(options.syntax, {&page, 1}).empty());
    expected.erase(name);
  }
  for (const auto& [name, findings] : expected) FAIL_CHECK("there is no page " << name);
}

TEST_CASE("every rule has a page in the corpus that breaks it") {
  std::set<std::string> broken;
  for (const auto& [name, findings] : Expected()) {
    for (const std::string& finding : findings) {
      std::string rule = finding.substr(finding.find(':') + 1);
      if (rule.ends_with('?')) rule.pop_back();
      broken.insert(rule);
    }
  }
  // What would take a page of megabytes is in lint_test.cpp.
  broken.insert({"limit", "unchecked"});
  std::set<std::string> ids;
  for (const lint::Rule* rule : lint::AllRules()) {
    CHECK_MESSAGE(ids.insert(std::string(rule->id)).second, rule->id);
    CHECK_MESSAGE(rule->meaning.ends_with('.'), rule->id);
  }
  CHECK(broken == ids);
}

}  // namespace
}  // namespace pillion::testing
