#include "core/parse/cases.hpp"

#include <fstream>
#include <iterator>

namespace pillion::testing {
namespace {

std::string Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE_MESSAGE(file, path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_CASE("where a text page is cut makes no difference") {
  CheckChunks(parse::Syntax::kText,
              "# HELP a x\\ny é\n# TYPE a counter\n\na{b=\"\\\"é\",\"c d\"=\"e\"} 1.5 17\nbroken\n"
              "{\"é.x\"} 2\na 1 # {} 2\nc\xff 1\nlast 1");
}

TEST_CASE("where an OpenMetrics page is cut makes no difference") {
  CheckChunks(parse::Syntax::kOpenMetrics,
              "# TYPE a_s counter\n# UNIT a_s s\n# HELP a_s \\\"x\\\"\n\n# c\na_s_total{b=\"\\n\"} "
              "1.5 1.25 # {t=\"\\\\\"} 2 3\n# EOF\n");
  CheckChunks(parse::Syntax::kOpenMetrics, "a 1\n# EOF");
  CheckChunks(parse::Syntax::kOpenMetrics, "a 1\n# EOF\n\n");
}

TEST_CASE("the page of every type is read without a problem however it is cut") {
  const std::string golden = PILLION_SOURCE_DIR "/tests/core/exposition/testdata/every_type.";
  for (const auto& [syntax, suffix] : {std::pair{parse::Syntax::kText, "text"},
                                       std::pair{parse::Syntax::kOpenMetrics, "openmetrics"}}) {
    const std::string page = Read(golden + suffix);
    const std::vector<std::string> whole = ParseEvents(syntax, page);
    CHECK(whole.size() > 60);
    for (const std::string& event : whole) CHECK(event.find("error") == std::string::npos);
    for (const size_t chunk : {1u, 2u, 3u, 7u, 64u, 1000u}) {
      CHECK(ParseEvents(syntax, page, chunk) == whole);
    }
  }
}

}  // namespace
}  // namespace pillion::testing
