// What a server announces is checked before anything is set aside for it.
#include "reply_guard.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace pillion::redis;
using pillion::Reason;

namespace {

ReplyGuard Guard(size_t replies = 1) {
  return ReplyGuard({.bytes_max = 1 << 20, .elements_max = 1000}, replies);
}

Reason ReasonOf(std::string_view bytes, size_t replies = 1) {
  ReplyGuard guard = Guard(replies);
  const auto taken = guard.Take(bytes);
  return taken ? Reason::kOk : taken.error().reason;
}

const std::string kAllForms =
    "+OK\r\n-ERR no\r\n:42\r\n$3\r\na\nb\r\n$-1\r\n$0\r\n\r\n*-1\r\n*0\r\n"
    "*2\r\n:1\r\n*2\r\n$1\r\nx\r\n+y\r\n";

}  // namespace

TEST_CASE("the guard knows when the replies are complete at whatever byte they are cut") {
  for (size_t cut = 0; cut <= kAllForms.size(); ++cut) {
    ReplyGuard guard = Guard(9);
    REQUIRE(guard.Take(kAllForms.substr(0, cut)));
    CHECK(guard.complete() == (cut == kAllForms.size()));
    REQUIRE(guard.Take(kAllForms.substr(cut)));
    CHECK(guard.complete());
    CHECK(guard.bytes() == kAllForms.size());
  }
}

TEST_CASE("the guard takes replies byte by byte") {
  ReplyGuard guard = Guard(9);
  for (const char c : kAllForms) REQUIRE(guard.Take({&c, 1}));
  CHECK(guard.complete());
}

TEST_CASE("a promise beyond the bounds is refused when it is made") {
  CHECK(ReasonOf("$2000000000\r\n") == Reason::kLimit);
  CHECK(ReasonOf("$1048577\r\n") == Reason::kLimit);
  CHECK(ReasonOf("$1048576\r\n") == Reason::kOk);
  CHECK(ReasonOf("*1000000000\r\n") == Reason::kLimit);
  CHECK(ReasonOf("*1001\r\n") == Reason::kLimit);
  CHECK(ReasonOf("*1000\r\n") == Reason::kOk);
}

TEST_CASE("elements are counted over all arrays of an exchange") {
  CHECK(ReasonOf("*600\r\n*600\r\n") == Reason::kLimit);
  std::string many;
  for (int i = 0; i < 501; ++i) many += "*2\r\n:1\r\n:2\r\n";
  CHECK(ReasonOf(many, 501) == Reason::kLimit);
}

TEST_CASE("bytes are counted over all replies of an exchange") {
  ReplyGuard guard = Guard(10);
  const std::string bulk = "$400000\r\n" + std::string(400000, 'x') + "\r\n";
  CHECK(guard.Take(bulk));
  CHECK(guard.Take(bulk));
  CHECK(guard.Take(bulk).error().reason == Reason::kLimit);
}

TEST_CASE("an endless line is refused") {
  CHECK(ReasonOf("+" + std::string(1 << 20, 'x')) == Reason::kLimit);
  CHECK(ReasonOf("$" + std::string(100, '1')) == Reason::kProtocol);
}

TEST_CASE("what is not RESP2 is refused") {
  for (const char* text :
       {"HTTP/1.1 400 Bad Request\r\n", "%1\r\n", "_\r\n", "\r\n", "$x\r\n", "$\r\n", "*1x\r\n",
        "$-2\r\n", "*-2\r\n", ":\r\n", ": 1\r\n", "$9223372036854775808\r\n"}) {
    CAPTURE(text);
    CHECK(ReasonOf(text) == Reason::kProtocol);
  }
}

TEST_CASE("a line ends where it ends for the reader") {
  CHECK(ReasonOf("$2\nx\r\n") == Reason::kProtocol);
  CHECK(ReasonOf("$2\rx\r\n") == Reason::kProtocol);
  CHECK(ReasonOf("$2\r\r\nab\r\n") == Reason::kProtocol);
  ReplyGuard guard = Guard();
  REQUIRE(guard.Take("+a\nb\rc\r"));
  CHECK_FALSE(guard.complete());
  REQUIRE(guard.Take("\r\n"));
  CHECK(guard.complete());
}

TEST_CASE("nesting has a bound") {
  std::string seven, eight;
  for (int i = 0; i < 7; ++i) seven += "*1\r\n";
  eight = seven + "*1\r\n:1\r\n";
  CHECK(ReasonOf(seven + ":1\r\n") == Reason::kOk);
  CHECK(ReasonOf(eight) == Reason::kProtocol);
}

TEST_CASE("more replies than questions are refused") {
  CHECK(ReasonOf("+OK\r\n+OK\r\n") == Reason::kProtocol);
  CHECK(ReasonOf("+OK\r\n", 2) == Reason::kOk);
}
