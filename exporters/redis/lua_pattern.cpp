#include "lua_pattern.hpp"

#include <optional>

namespace pillion::redis {
namespace {

bool IsUpper(unsigned char c) { return c >= 'A' && c <= 'Z'; }
bool IsLower(unsigned char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(unsigned char c) { return c >= '0' && c <= '9'; }
bool IsAlnum(unsigned char c) { return IsUpper(c) || IsLower(c) || IsDigit(c); }

// Whether `c` is of the class that a letter (in lower case) stands for; nothing: it is no class.
std::optional<bool> IsOf(char letter, unsigned char c) {
  switch (letter) {
    case 'a': return IsUpper(c) || IsLower(c);
    case 'c': return c < 32 || c == 127;
    case 'd': return IsDigit(c);
    case 'l': return IsLower(c);
    case 'p': return c > 32 && c < 127 && !IsAlnum(c);
    case 's': return c == ' ' || (c >= 9 && c <= 13);
    case 'u': return IsUpper(c);
    case 'w': return IsAlnum(c);
    case 'x': return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    case 'z': return c == 0;
    default: return std::nullopt;
  }
}

// Adds what `%` and this letter stand for.
void AddEscaped(char letter, std::bitset<256>& set) {
  const bool upper = IsUpper(static_cast<unsigned char>(letter));
  const char lower = upper ? static_cast<char>(letter - 'A' + 'a') : letter;
  for (size_t c = 0; c < 256; ++c) {
    const auto is = IsOf(lower, static_cast<unsigned char>(c));
    if (!is) {
      set.set(static_cast<unsigned char>(letter));
      return;
    }
    if (*is != upper) set.set(c);
  }
}

Error Malformed(std::string_view why) {
  return {Reason::kInternal, "malformed pattern (" + std::string(why) + ")"};
}

}  // namespace

// Reads a pattern's text into items.
class LuaPattern::Reader {
 public:
  Reader(std::string_view text, LuaPattern& pattern) : text_(text), items_(pattern.items_) {
    if (text_.starts_with('^')) {
      pattern.anchored_ = true;
      at_ = 1;
    }
  }

  Result<void> Read() {
    while (at_ < text_.size()) {
      if (auto done = ReadItem(); !done) return done;
    }
    if (!open_.empty()) return Malformed("unfinished capture");
    return {};
  }

 private:
  bool Left(size_t count) const { return text_.size() - at_ >= count; }

  Result<void> ReadItem() {
    const char c = text_[at_];
    if (c == '(') return Open();
    if (c == ')') return Close();
    if (c == '$' && at_ + 1 == text_.size()) {
      items_.push_back({.kind = Kind::kEnd});
      ++at_;
      return {};
    }
    if (c == '%' && Left(2)) {
      const char next = text_[at_ + 1];
      if (next == 'b') return Balance();
      if (next == 'f') return Frontier();
      if (IsDigit(static_cast<unsigned char>(next))) return Same(next);
    }
    return Single();
  }

  Result<void> Open() {
    if (captures_ == kCapturesMax) return Malformed("too many captures");
    const auto capture = static_cast<uint8_t>(captures_++);
    const bool place = Left(2) && text_[at_ + 1] == ')';
    items_.push_back({.kind = place ? Kind::kPlace : Kind::kOpen, .capture = capture});
    if (!place) open_.push_back(capture);
    at_ += place ? 2 : 1;
    return {};
  }

  Result<void> Close() {
    if (open_.empty()) return Malformed("a `)` without `(`");
    items_.push_back({.kind = Kind::kClose, .capture = open_.back()});
    open_.pop_back();
    ++at_;
    return {};
  }

  Result<void> Balance() {
    if (!Left(4)) return Malformed("two characters are missing after `%b`");
    items_.push_back({.kind = Kind::kBalance, .begin = text_[at_ + 2], .end = text_[at_ + 3]});
    at_ += 4;
    return {};
  }

  Result<void> Frontier() {
    at_ += 2;
    if (!Left(1) || text_[at_] != '[') return Malformed("`[` is missing after `%f`");
    Item item{.kind = Kind::kFrontier};
    if (auto done = ReadSet(item.set); !done) return done;
    items_.push_back(item);
    return {};
  }

  Result<void> Same(char digit) {
    const size_t capture = static_cast<size_t>(digit) - '1';
    bool open = digit == '0' || capture >= captures_;
    for (const uint8_t one : open_) open = open || one == capture;
    if (open) return Malformed("`%" + std::string(1, digit) + "` refers to no capture");
    items_.push_back({.kind = Kind::kSame, .capture = static_cast<uint8_t>(capture)});
    at_ += 2;
    return {};
  }

  Result<void> Single() {
    Item item;
    const char c = text_[at_];
    if (c == '[') {
      if (auto done = ReadSet(item.set); !done) return done;
    } else if (c == '%') {
      if (!Left(2)) return Malformed("it ends with `%`");
      AddEscaped(text_[at_ + 1], item.set);
      at_ += 2;
    } else {
      if (c == '.') item.set.set();
      item.set.set(static_cast<unsigned char>(c));
      ++at_;
    }
    const char repeat = at_ < text_.size() ? text_[at_] : '\0';
    if (repeat == '+') items_.push_back(item);
    if (repeat == '*' || repeat == '+') item.kind = Kind::kMost;
    if (repeat == '-') item.kind = Kind::kFewest;
    if (repeat == '?') item.kind = Kind::kMaybe;
    if (item.kind != Kind::kOne) ++at_;
    items_.push_back(item);
    return {};
  }

  // [abc], [a-z%d], [^...]; the first character is always one of the set, even `]`.
  Result<void> ReadSet(Set& set) {
    ++at_;
    const bool negated = Left(1) && text_[at_] == '^';
    if (negated) ++at_;
    size_t end = at_;
    do {
      if (end >= text_.size()) return Malformed("`]` is missing");
      end += text_[end] == '%' && end + 1 < text_.size() ? 2 : 1;
    } while (end >= text_.size() || text_[end] != ']');
    while (at_ < end) {
      const char c = text_[at_];
      if (c == '%' && at_ + 1 < text_.size()) {
        AddEscaped(text_[at_ + 1], set);
        at_ += 2;
      } else if (at_ + 2 < end && text_[at_ + 1] == '-') {
        const auto last = static_cast<unsigned char>(text_[at_ + 2]);
        for (size_t i = static_cast<unsigned char>(c); i <= last; ++i) set.set(i);
        at_ += 3;
      } else {
        set.set(static_cast<unsigned char>(c));
        ++at_;
      }
    }
    at_ = end + 1;
    if (negated) set.flip();
    return {};
  }

  std::string_view text_;
  std::vector<Item>& items_;
  size_t at_ = 0;
  size_t captures_ = 0;
  std::vector<uint8_t> open_;
};

struct LuaPattern::State {
  std::string_view text;
  uint32_t steps = 0;
  size_t captures = 0;
  std::array<Capture, kCapturesMax> capture;

  // False when there were too many; then nothing fits any more.
  bool Step() { return ++steps <= kStepsMax; }
  bool Has(size_t at, const Set& set) {
    return at < text.size() && Step() && set[static_cast<unsigned char>(text[at])];
  }
};

Result<LuaPattern> LuaPattern::Compile(std::string_view pattern) {
  if (pattern.size() > kBytesMax) return Malformed("longer than 1024 bytes");
  if (pattern.find('\0') != std::string_view::npos) return Malformed("it holds a zero byte");
  LuaPattern compiled;
  if (auto done = Reader(pattern, compiled).Read(); !done) return done.error();
  return compiled;
}

bool LuaPattern::Find(std::string_view text, std::string& group) const {
  if (text.size() > kTextBytesMax) return false;
  State state;
  state.text = text;
  size_t begin = 0;
  while (Match(state, begin, 0) == kNoMatch) {
    if (anchored_ || begin == text.size() || !state.Step()) return false;
    ++begin;
    state.captures = 0;
  }
  group.clear();
  for (size_t i = 0; i < state.captures; ++i) {
    const Capture& capture = state.capture[i];
    if (capture.place) {
      group.append(std::to_string(capture.begin + 1));
    } else {
      group.append(text.substr(capture.begin, capture.size));
    }
  }
  return true;
}

size_t LuaPattern::Match(State& state, size_t at, size_t item) const {
  for (; item < items_.size(); ++item) {
    if (!state.Step()) return kNoMatch;
    const Item& what = items_[item];
    switch (what.kind) {
      case Kind::kMost: return MatchMost(state, at, item);
      case Kind::kFewest: return MatchFewest(state, at, item);
      case Kind::kMaybe: {
        if (!state.Has(at, what.set)) break;
        const size_t captures = state.captures;
        const size_t end = Match(state, at + 1, item + 1);
        if (end != kNoMatch) return end;
        state.captures = captures;
        break;
      }
      default:
        at = MatchOther(state, at, what);
        if (at == kNoMatch) return kNoMatch;
    }
  }
  return at;
}

size_t LuaPattern::MatchMost(State& state, size_t at, size_t item) const {
  size_t count = 0;
  while (state.Has(at + count, items_[item].set)) ++count;
  const size_t captures = state.captures;
  for (;; --count) {
    const size_t end = Match(state, at + count, item + 1);
    if (end != kNoMatch) return end;
    state.captures = captures;
    if (count == 0 || !state.Step()) return kNoMatch;
  }
}

size_t LuaPattern::MatchFewest(State& state, size_t at, size_t item) const {
  const size_t captures = state.captures;
  for (;; ++at) {
    const size_t end = Match(state, at, item + 1);
    if (end != kNoMatch) return end;
    state.captures = captures;
    if (!state.Has(at, items_[item].set)) return kNoMatch;
  }
}

size_t LuaPattern::MatchOther(State& state, size_t at, const Item& item) const {
  const std::string_view text = state.text;
  switch (item.kind) {
    case Kind::kOne: return state.Has(at, item.set) ? at + 1 : kNoMatch;
    case Kind::kEnd: return at == text.size() ? at : kNoMatch;
    case Kind::kOpen:
    case Kind::kPlace:
      state.capture[item.capture] = {at, 0, item.kind == Kind::kPlace};
      state.captures = item.capture + size_t{1};
      return at;
    case Kind::kClose:
      state.capture[item.capture].size = at - state.capture[item.capture].begin;
      return at;
    case Kind::kSame: {
      const Capture& capture = state.capture[item.capture];
      if (capture.place) return kNoMatch;  // as in Lua: a place has no text
      const std::string_view same = text.substr(capture.begin, capture.size);
      state.steps += static_cast<uint32_t>(same.size() / 8);
      return text.substr(at).starts_with(same) ? at + same.size() : kNoMatch;
    }
    case Kind::kFrontier: {
      const auto before = static_cast<unsigned char>(at == 0 ? '\0' : text[at - 1]);
      const auto here = static_cast<unsigned char>(at == text.size() ? '\0' : text[at]);
      return !item.set[before] && item.set[here] ? at : kNoMatch;
    }
    case Kind::kBalance: {
      if (at == text.size() || text[at] != item.begin) return kNoMatch;
      size_t open = 1;
      while (++at < text.size() && state.Step()) {
        if (text[at] == item.end) {
          if (--open == 0) return at + 1;
        } else if (text[at] == item.begin) {
          ++open;
        }
      }
      return kNoMatch;
    }
    default: return kNoMatch;
  }
}

}  // namespace pillion::redis
