// Replays what the fuzzers of the parsers start from and what they once found.
#include "fuzz/parse_check.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace pillion {
namespace {

size_t Replay(const std::string& folder, const std::vector<parse::Syntax>& syntaxes) {
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(PILLION_SOURCE_DIR + folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string page{std::istreambuf_iterator<char>(file), {}};
    CAPTURE(entry.path().string());
    for (const parse::Syntax syntax : syntaxes) {
      CHECK(fuzz::WhatIsWrongWithParsing(syntax, page) == "");
    }
    ++files;
  }
  return files;
}

using parse::Syntax;

TEST_CASE("seeds of the fuzzers are read within the rules") {
  CHECK(Replay("/tests/fuzz/corpus/parse_text", {Syntax::kText, Syntax::kOpenMetrics}) >= 4);
  CHECK(Replay("/tests/fuzz/corpus/parse_protobuf", {Syntax::kProtobuf}) >= 3);
}

TEST_CASE("the corpus of the linter is read within the rules in every syntax") {
  CHECK(Replay("/tests/core/lint/corpus",
               {Syntax::kText, Syntax::kOpenMetrics, Syntax::kProtobuf}) > 150);
}

}  // namespace
}  // namespace pillion
