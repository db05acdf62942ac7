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
    TryModules(ReadFile(entry.path()));
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

TEST_CASE("the corpus of client lists is replayed and a saved one with its bytes shifted") {
  for (const auto& entry : std::filesystem::directory_iterator(Folder("corpus/clients"))) {
    TryClients(ReadFile(entry.path()));
  }
  std::string text = ReadFile(Folder("redis_7.0/client_list.txt"));
  for (size_t i = 0; i < text.size(); i += 7) {
    const char before = text[i];
    for (const char c : {'\0', '\n', ' ', '=', ':', '9', '\xff'}) {
      text[i] = c;
      TryClients(text);
    }
    text[i] = before;
  }
}

TEST_CASE("the corpus of clusters' texts is replayed and saved ones with their bytes shifted") {
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(Folder("corpus/cluster"))) {
    std::string text = ReadFile(entry.path());
    TryClusterInfo(text);
    TryClusterNodes(text);
    for (char& byte : text) {
      const char before = byte;
      for (const char c : {'\0', '\n', ' ', ':', ',', '@', '-', '[', '9', '\xff'}) {
        byte = c;
        TryClusterInfo(text);
        TryClusterNodes(text);
      }
      byte = before;
    }
    ++files;
  }
  CHECK(files > 4);
}

TEST_CASE("the corpus of password maps is replayed") {
  for (const auto& entry : std::filesystem::directory_iterator(Folder("corpus/password_map"))) {
    TryPasswordMap(ReadFile(entry.path()));
  }
}

TEST_CASE("the corpus of Lua patterns is replayed") {
  for (const auto& entry : std::filesystem::directory_iterator(Folder("corpus/lua_pattern"))) {
    TryLuaPattern(ReadFile(entry.path()));
  }
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
