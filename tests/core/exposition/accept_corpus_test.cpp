// Replays what the fuzzer of the Accept header starts from and what it once found.
#include "fuzz/accept_check.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace pillion {
namespace {

TEST_CASE("the corpus of Accept headers is read within the rules") {
  size_t files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(PILLION_SOURCE_DIR "/tests/fuzz/corpus/accept")) {
    std::ifstream in(entry.path(), std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    CAPTURE(entry.path().string());
    CHECK(fuzz::WhatIsWrongWithAccept(text.str()) == "");
    ++files;
  }
  CHECK(files >= 8);
}

}  // namespace
}  // namespace pillion
