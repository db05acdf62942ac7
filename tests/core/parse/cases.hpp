// Pages and the events that they give (tests/support/parse_recorder.hpp says how they are spelled).
#pragma once

#include "support/parse_recorder.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace pillion::testing {

struct ParseCase {
  std::string page;
  std::vector<std::string> events;
};

inline void CheckCases(parse::Syntax syntax, const std::vector<ParseCase>& cases) {
  for (const ParseCase& one : cases) {
    CAPTURE(one.page);
    CHECK(ParseEvents(syntax, one.page) == one.events);
  }
}

// Every way to cut the page in two, and in pieces of one byte, gives the same events.
inline void CheckChunks(parse::Syntax syntax, const std::string& page) {
  CAPTURE(page);
  const std::vector<std::string> whole = ParseEvents(syntax, page);
  CHECK(ParseEvents(syntax, page, 1) == whole);
  for (size_t cut = 1; cut < page.size(); ++cut) {
    ParseRecorder recorder;
    const auto parser = parse::MakeParser(syntax, {}, &recorder);
    parser->Feed(page.substr(0, cut));
    parser->Feed("");
    parser->Feed(page.substr(cut));
    parser->Finish();
    if (recorder.events == whole) continue;
    CAPTURE(cut);
    CHECK(recorder.events == whole);
  }
}

}  // namespace pillion::testing
