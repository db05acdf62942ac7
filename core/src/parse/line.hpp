// Line: one line of a text page and a place in it, with the tokens that lines are made of.
//
// The functions take what they want from the line and move on. Where it is not there they report
// a problem, once for a line, and return false.
#pragma once

#include "parse/characters.hpp"
#include "parse/parser.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pillion::parse {

// What outlives a line: buffers, so that an ordinary line allocates nothing.
struct LineBuffers {
  std::string unescaped;  // of one line; never grows while views point into it
  std::vector<Label> labels;
  std::vector<Label> exemplar_labels;
  std::vector<std::string> label_names;  // of the line before, each with its ="
  std::vector<std::string> exemplar_names;
};

struct Name {
  std::string_view text;
  bool quoted = false;
};

class Line {
 public:
  Line(std::string_view text, uint64_t number, Syntax syntax, const Limits& limits,
       LineBuffers* buffers, Visitor* visitor)
      : text_(text),
        at_(text.data()),
        end_(text.data() + text.size()),
        number_(number),
        openmetrics_(syntax == Syntax::kOpenMetrics),
        limits_(limits),
        buffers_(buffers),
        visitor_(visitor) {
    buffers_->unescaped.clear();
  }

  bool openmetrics() const { return openmetrics_; }
  const Limits& limits() const { return limits_; }
  LineBuffers& buffers() { return *buffers_; }
  Visitor& visitor() { return *visitor_; }
  bool go_on() const { return go_on_; }  // what the visitor said last

  bool at_end() const { return at_ == end_; }
  // The next character, '\n' at the end.
  char next() const { return at_end() ? '\n' : *at_; }
  std::string_view rest() const { return {at_, static_cast<size_t>(end_ - at_)}; }
  uint64_t column() const { return static_cast<uint64_t>(at_ - text_.data()) + 1; }
  Position position() const { return {number_, column()}; }
  void Skip(size_t bytes) { at_ += bytes; }

  // Blanks where text allows any number and OpenMetrics none.
  void OptionalBlanks() {
    if (openmetrics_) return;
    while (next() == ' ' || next() == '\t') ++at_;
  }
  // Blanks between tokens: one space in OpenMetrics, at least one blank in text.
  bool Blanks();

  // The longest run of characters up to a blank or the end.
  std::string_view Word();
  // A metric name, bare or in quotes.
  bool MetricName(Name* name);
  bool LabelName(Name* name);
  // "..." with its escapes undone. `rule` is what is broken if it does not end.
  bool Quoted(const Rule& rule, size_t bytes_max, std::string_view* value);
  bool Number(double* value, std::string_view* written);
  bool Timestamp(std::optional<double>* seconds);
  // HELP's text: the rest of the line with its escapes undone.
  bool HelpText(std::string_view* text);

  // Reports; always false.
  bool Fail(const Rule& rule, std::string message) { return FailAt(column(), rule, message); }
  bool FailAt(uint64_t column, const Rule& rule, std::string message);
  void Warn(uint64_t column, const Rule& rule, std::string message);

 private:
  bool BareName(CharacterClass start, CharacterClass rest, const Rule& rule, Name* name);
  bool Unescape(const char* from, const char* to, bool quotes, std::string_view* value);
  bool NumberWord(const Rule& rule, std::string_view* word);

  std::string_view text_;
  const char* at_;
  const char* end_;
  uint64_t number_;
  bool openmetrics_;
  bool go_on_ = true;
  const Limits& limits_;
  LineBuffers* buffers_;
  Visitor* visitor_;
};

// For messages: what stands there, shortened, without control characters.
std::string Shown(std::string_view text);

}  // namespace pillion::parse
