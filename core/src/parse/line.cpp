#include "parse/line.hpp"

#include "parse/number.hpp"
#include "parse/syntax_rules.hpp"

#include <bit>
#include <cmath>
#include <cstring>

namespace pillion::parse {
namespace {

constexpr size_t kShownBytesMax = 40;

// The first quote or backslash, or `end`. Eight bytes at a time: half of a page is label values.
const char* QuoteOrBackslash(const char* at, const char* end) {
  constexpr uint64_t kOnes = 0x0101010101010101u, kHighBits = 0x8080808080808080u;
  const auto zero_bytes = [](uint64_t word) { return (word - kOnes) & ~word & kHighBits; };
  constexpr bool kLowestFirst = std::endian::native == std::endian::little;
  for (uint64_t word; kLowestFirst && end - at >= 8; at += sizeof word) {
    std::memcpy(&word, at, sizeof word);
    const uint64_t hits = zero_bytes(word ^ kOnes * '"') | zero_bytes(word ^ kOnes * '\\');
    if (hits != 0) return at + (std::countr_zero(hits) >> 3);
  }
  while (at != end && *at != '"' && *at != '\\') ++at;
  return at;
}

}  // namespace

std::string Shown(std::string_view text) {
  std::string shown = "`";
  const bool cut = text.size() > kShownBytesMax;
  while (!text.empty() && shown.size() < kShownBytesMax) {
    const Utf8Character character = DecodeUtf8(text);
    const bool plain =
        character.length > 0 && character.code_point >= 0x20 && character.code_point != 0x7F;
    shown += plain ? text.substr(0, character.length) : "?";
    text.remove_prefix(plain ? character.length : 1);
  }
  return shown + (cut ? "...`" : "`");
}

bool Line::FailAt(uint64_t column, const Rule& rule, std::string message) {
  go_on_ = visitor_->OnProblem({{number_, column}, &rule, std::move(message)});
  return false;
}

void Line::Warn(uint64_t column, const Rule& rule, std::string message) {
  go_on_ = visitor_->OnProblem({{number_, column}, &rule, std::move(message)}) && go_on_;
}

bool Line::Blanks() {
  if (next() != ' ' && (openmetrics_ || next() != '\t')) {
    return Fail(kWhitespace, "a space is missing here");
  }
  ++at_;
  if (openmetrics_) {
    if (next() == ' ' || next() == '\t') return Fail(kWhitespace, "more than one space");
    return true;
  }
  OptionalBlanks();
  return true;
}

std::string_view Line::Word() {
  const char* const from = at_;
  const char* to = from;
  while (to != end_ && *to != ' ' && (openmetrics_ || *to != '\t')) ++to;
  at_ = to;
  return {from, static_cast<size_t>(to - from)};
}

bool Line::BareName(CharacterClass start, CharacterClass rest, const Rule& rule, Name* name) {
  const char* const from = at_;
  if (at_end() || !Is(*at_, start)) {
    return Fail(rule, at_end() ? "the line ends where a name should stand"
                               : "no name begins with " + Shown({at_, 1}));
  }
  const char* to = from + 1;
  while (to != end_ && Is(*to, rest)) ++to;
  at_ = to;
  name->text = {from, static_cast<size_t>(to - from)};
  name->quoted = false;
  if (name->text.size() <= limits_.name_bytes) return true;
  return Fail(kLimit, "a name of " + std::to_string(name->text.size()) + " bytes");
}

bool Line::MetricName(Name* name) {
  if (next() != '"') return BareName(kNameStart, kNameRest, kMetricName, name);
  const uint64_t column = this->column();
  name->quoted = true;
  if (!Quoted(kMetricName, limits_.name_bytes, &name->text)) return false;
  return !name->text.empty() || FailAt(column, kMetricName, "an empty name");
}

bool Line::LabelName(Name* name) {
  if (next() != '"') return BareName(kLabelStart, kLabelRest, kLabelName, name);
  name->quoted = true;
  return Quoted(kLabelSyntax, limits_.name_bytes, &name->text);
}

bool Line::Quoted(const Rule& rule, size_t bytes_max, std::string_view* value) {
  const uint64_t column = this->column();
  if (next() != '"') return Fail(rule, "a quote is missing here");
  const char* const from = ++at_;
  bool escapes = false;
  const char* to = from;
  for (;;) {
    to = QuoteOrBackslash(to, end_);
    if (to == end_ || *to == '"') break;
    escapes = true;
    to += to + 1 == end_ ? 1 : 2;
  }
  if (to == end_) return FailAt(column, rule, "the closing quote is missing");
  at_ = to + 1;
  *value = {from, static_cast<size_t>(to - from)};
  if (value->size() > bytes_max) {
    return FailAt(column, kLimit, "a text of " + std::to_string(value->size()) + " bytes");
  }
  return !escapes || Unescape(from, to, true, value);
}

// `quotes`: \" is an escape here.
bool Line::Unescape(const char* from, const char* to, bool quotes, std::string_view* value) {
  std::string& out = buffers_->unescaped;
  // All of a line's texts together fit its bytes, so views into it stay good.
  if (out.empty()) out.reserve(text_.size());
  const size_t start = out.size();
  for (const char* c = from; c != to; ++c) {
    if (*c != '\\') {
      out += *c;
      continue;
    }
    const auto column = static_cast<uint64_t>(c - text_.data()) + 1;
    const char escaped = ++c == to ? '\0' : *c;
    if (escaped == 'n') {
      out += '\n';
    } else if (escaped == '\\' || (escaped == '"' && quotes)) {
      out += escaped;
    } else if (!openmetrics_ || c == to) {
      return FailAt(column, kEscape, "a backslash without meaning");
    } else {
      Warn(column, kOddEscape, "readers differ in what this backslash means");
      out += '\\';
      out += escaped;
    }
  }
  *value = std::string_view(out).substr(start);
  return true;
}

bool Line::HelpText(std::string_view* text) {
  *text = rest();
  if (openmetrics_) {
    for (size_t i = 0; i < text->size(); ++i) {
      if ((*text)[i] == '\\') {
        ++i;
      } else if ((*text)[i] == '"') {
        return FailAt(column() + i, kEscape, "a quote in HELP needs a backslash in OpenMetrics");
      }
    }
  }
  if (text->find('\\') == std::string_view::npos) return true;
  return Unescape(at_, end_, openmetrics_, text);
}

bool Line::NumberWord(const Rule& rule, std::string_view* word) {
  const uint64_t column = this->column();
  *word = Word();
  if (word->empty()) return FailAt(column, rule, "a number is missing here");
  if (word->size() <= limits_.number_bytes) return true;
  return FailAt(column, kLimit, "a number of " + std::to_string(word->size()) + " bytes");
}

bool Line::Number(double* value, std::string_view* written) {
  const uint64_t column = this->column();
  if (!NumberWord(kValue, written)) return false;
  const std::optional<double> number = ParseNumber(*written);
  if (!number) return FailAt(column, kValue, Shown(*written) + " is not a number");
  *value = *number;
  return true;
}

bool Line::Timestamp(std::optional<double>* seconds) {
  const uint64_t column = this->column();
  std::string_view word;
  if (!NumberWord(kTimestamp, &word)) return false;
  if (openmetrics_) {
    *seconds = ParseNumber(word);
    if (*seconds && std::isfinite(**seconds)) return true;
    return FailAt(column, kTimestamp, Shown(word) + " is not a number of seconds");
  }
  // Prometheus 2 takes no sign, so nothing before 1970.
  const bool digits = word[0] >= '0' && word[0] <= '9';
  const std::optional<int64_t> milliseconds = digits ? ParseInteger(word) : std::nullopt;
  if (!milliseconds) {
    return FailAt(column, kTimestamp, Shown(word) + " is not a whole number of milliseconds");
  }
  *seconds = static_cast<double>(*milliseconds) / 1000;
  return true;
}

}  // namespace pillion::parse
