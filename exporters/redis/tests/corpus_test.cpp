// Replays the fuzz targets' corpus, and all saved INFOs, cut in many places.
#include "fake_redis.hpp"
#include "fuzz_input.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

using namespace pillion::redis::testing;

TEST_CASE("the corpus of INFO texts is replayed") {
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(Folder("corpus/info"))) {
    TryInfo(ReadFile(entry.path()));
    ++files;
  }
  CHECK(files > 10);
}

TEST_CASE("the corpus of replies is replayed") {
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(Folder("corpus/reply"))) {
    TryReplies(ReadFile(entry.path()));
    ++files;
  }
  CHECK(files > 10);
}

TEST_CASE("saved INFOs with their bytes shifted are only text") {
  for (const char* name : {"redis_7.0", "replica_7.0", "sentinel_7.0", "keydb_6.3"}) {
    std::string text = ReadFile(Folder(name) + "/info.txt");
    TryInfo(text);
    for (size_t i = 0; i < text.size(); i += 61) {
      const char before = text[i];
      for (const char c : {'\0', '\n', ':', ',', '=', '#', '\xff'}) {
        text[i] = c;
        TryInfo(text);
      }
      text[i] = before;
    }
  }
}
