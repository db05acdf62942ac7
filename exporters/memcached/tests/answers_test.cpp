// Reading and parsing alone, and the fuzz target's corpus.
#include "memcached/answers.hpp"

#include "memcached/tests/fake_memcached.hpp"
#include "memcached/tests/fuzz_input.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

using namespace pillion::memcached;
using namespace pillion::memcached::testing;
using pillion::Reason;

namespace {

// What a reader of `count` answers says to `bytes`.
Reason ReasonOf(const std::string& bytes, size_t count = 1) {
  AnswerReader reader(count);
  const auto taken = reader.Take(bytes);
  return taken ? Reason::kOk : taken.error().reason;
}

std::vector<std::string> Parsed(std::string_view stats) {
  std::vector<std::string> all;
  for (StatCursor at(stats); auto stat = at.Next();) {
    all.push_back(std::string(stat->slab) + "|" + std::string(stat->field) + "|" +
                  std::string(stat->value));
  }
  return all;
}

}  // namespace

TEST_CASE("answers are told apart however they are cut") {
  const std::string bytes = "STAT a 1\r\nSTAT b 2\r\nEND\r\nERROR\r\nEND\r\n";
  for (size_t piece = 1; piece <= bytes.size(); ++piece) {
    AnswerReader reader(3);
    for (size_t at = 0; at < bytes.size(); at += piece) {
      CHECK(reader.complete() == false);
      REQUIRE(reader.Take(bytes.substr(at, piece)).ok());
    }
    CHECK(reader.complete());
    CHECK(reader.answers()[0].stats == "a 1\nb 2\n");
    CHECK(reader.answers()[1].outcome.error().reason == Reason::kVersion);
    CHECK(reader.answers()[2].outcome.ok());
    CHECK(reader.answers()[2].stats.empty());
  }
}

TEST_CASE("an answer that is cut off is not complete") {
  AnswerReader reader(1);
  REQUIRE(reader.Take("STAT a 1\r\nSTAT b 2\r\nEN").ok());
  CHECK_FALSE(reader.complete());
  CHECK_FALSE(reader.answers()[0].complete);
}

TEST_CASE("lines of errors have reasons") {
  const auto reason = [](const std::string& line) {
    AnswerReader reader(1);
    REQUIRE(reader.Take(line + "\r\n").ok());
    CHECK(reader.answers()[0].stats.empty());
    return reader.answers()[0].outcome.error().reason;
  };
  CHECK(reason("ERROR") == Reason::kVersion);
  CHECK(reason("ERROR Too many open connections") == Reason::kLimit);
  CHECK(reason("CLIENT_ERROR unauthenticated") == Reason::kAuth);
  CHECK(reason("CLIENT_ERROR authentication failure") == Reason::kAuth);
  CHECK(reason("CLIENT_ERROR bad command line format") == Reason::kProtocol);
  CHECK(reason("SERVER_ERROR out of memory writing stats") == Reason::kLimit);
}

TEST_CASE("what is no answer is said so") {
  CHECK(ReasonOf("HTTP/1.1 400 Bad Request\r\n") == Reason::kProtocol);
  CHECK(ReasonOf("STORED\r\n") == Reason::kProtocol);
  CHECK(ReasonOf("STAT\r\n") == Reason::kProtocol);
  CHECK(ReasonOf("END \r\n") == Reason::kProtocol);
  CHECK(ReasonOf("END\r\nEND\r\n") == Reason::kProtocol);
  CHECK(ReasonOf("\n") == Reason::kProtocol);
  CHECK(ReasonOf(std::string(100, '\x81')) == Reason::kOk);  // no line yet
  AnswerReader reader(1);
  const auto taken = reader.Take("\x81\x01\xff\n");
  REQUIRE_FALSE(taken.ok());
  CHECK(taken.error().message.find("`???`") != std::string::npos);
}

TEST_CASE("a line and all answers together have a most") {
  CHECK(ReasonOf(std::string(AnswerReader::kLineBytesMax, 'x')) == Reason::kOk);
  CHECK(ReasonOf(std::string(AnswerReader::kLineBytesMax + 1, 'x')) == Reason::kLimit);
  AnswerReader reader(1);
  const std::string line = "STAT x " + std::string(1015, '1') + "\r\n";
  static_assert(AnswerReader::kBytesMax % 1024 == 0);
  for (size_t i = 0; i < AnswerReader::kBytesMax / 1024; ++i) REQUIRE(reader.Take(line).ok());
  const auto beyond = reader.Take("E");
  REQUIRE_FALSE(beyond.ok());
  CHECK(beyond.error().reason == Reason::kLimit);
}

TEST_CASE("stats are of the server or of a class") {
  CHECK(Parsed("curr_items 5\n1:chunk_size 96\nitems:12:number 3\nversion 1.6 beta\n") ==
        std::vector<std::string>{"|curr_items|5", "1|chunk_size|96", "12|number|3",
                                 "|version|1.6 beta"});
  // A path may hold colons, a stat may have no value, and neither is a class.
  CHECK(Parsed("inter ::1\nalone\n:x 1\na:b 2\nempty \n") ==
        std::vector<std::string>{"|inter|::1", "|:x|1", "|a:b|2", "|empty|"});
  CHECK(Parsed("").empty());
}

TEST_CASE("values are whole decimal numbers or switches") {
  CHECK(ToValue("12") == 12);
  CHECK(ToValue("0.005112") == 0.005112);
  CHECK(ToValue("-1") == -1);
  CHECK(ToValue("18446744073709551615") == 18446744073709551615.0);
  CHECK(ToValue("yes") == 1);
  CHECK(ToValue("on") == 1);
  CHECK(ToValue("no") == 0);
  CHECK(ToValue("off") == 0);
  for (const char* text : {"", " 1", "1 ", "1s", "nan", "inf", "0x1", "1e999", "NULL", "(null)"}) {
    CAPTURE(text);
    CHECK(!ToValue(text));
  }
}

TEST_CASE("the corpus of answers is replayed") {
  size_t files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(MEMCACHED_TESTDATA) + "/corpus/answers")) {
    TryAnswers(ReadFile("corpus/answers/" + entry.path().filename().string()));
    ++files;
  }
  CHECK(files >= 8);
}

TEST_CASE("saved answers with their bytes shifted are only text") {
  for (const char* name : {"stats", "settings", "slabs", "items"}) {
    std::string text =
        std::string("\x01\x3f") + Recorded("memcached_1.6.18/" + std::string(name) + ".txt");
    for (size_t i = 2; i < text.size(); i += 37) {
      const char before = text[i];
      for (const char c : {'\0', '\n', ':', ' ', '9', '\xff'}) {
        text[i] = c;
        TryAnswers(text);
      }
      text[i] = before;
    }
  }
}
