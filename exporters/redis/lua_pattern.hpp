// LuaPattern: a pattern of Lua 5.1, which is what Redis' scripts have, matched here instead of on
// the server.
//
//   ^(user)_%d+$      the key user_42 gives "user"
//   ^(.-):(.-):       a:b:c gives "ab", for the captures are put together
//
// All of `string.find` is there: classes, sets, `*` `+` `-` `?`, anchors, captures of text and of
// positions, `%b`, `%f`, back references. What is malformed is refused when the pattern is read,
// where Lua says so when it comes to that place.
//
// Time is bounded: a match that takes more than kStepsMax steps counts as none.
//
// Threads: immutable after Compile. Characters are bytes, classes those of the C locale.
#pragma once

#include <pillion/result.hpp>

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pillion::redis {

class LuaPattern {
 public:
  static constexpr size_t kBytesMax = 1024;       // of a pattern
  static constexpr size_t kCapturesMax = 32;      // as in Lua
  static constexpr uint32_t kStepsMax = 100'000;  // of one search

  static constexpr size_t kTextBytesMax = 65'536;  // longer texts match nothing

  // kInternal, with a text for the operator, if the pattern is malformed.
  static Result<LuaPattern> Compile(std::string_view pattern);

  // Whether the pattern is found in `text`; if so, `group` becomes its captures put together.
  bool Find(std::string_view text, std::string& group) const;

 private:
  using Set = std::bitset<256>;
  enum class Kind : uint8_t {
    kOne,
    kMaybe,     // ?
    kMost,      // *; + is kOne and kMost
    kFewest,    // -
    kOpen,      // (
    kClose,     // )
    kPlace,     // ()
    kBalance,   // %bxy
    kFrontier,  // %f[set]
    kSame,      // %1
    kEnd,       // $
  };
  struct Item {
    Kind kind = Kind::kOne;
    uint8_t capture = 0;  // kOpen, kClose, kPlace, kSame: which one
    char begin = 0;       // kBalance
    char end = 0;
    Set set;
  };
  struct Capture {
    size_t begin = 0;
    size_t size = 0;
    bool place = false;
  };
  struct State;
  class Reader;

  static constexpr size_t kNoMatch = std::string_view::npos;
  size_t Match(State& state, size_t at, size_t item) const;
  size_t MatchMost(State& state, size_t at, size_t item) const;
  size_t MatchFewest(State& state, size_t at, size_t item) const;
  // The end of an item that is none of those; kNoMatch if it does not fit.
  size_t MatchOther(State& state, size_t at, const Item& item) const;

  bool anchored_ = false;
  std::vector<Item> items_;
};

}  // namespace pillion::redis
