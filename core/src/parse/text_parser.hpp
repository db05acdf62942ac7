// The Parser for text and OpenMetrics: finds the lines in what is fed.
#pragma once

#include "parse/line.hpp"

namespace pillion::parse {

class TextParser final : public Parser {
 public:
  TextParser(Syntax syntax, const Limits& limits, Visitor* visitor)
      : syntax_(syntax), limits_(limits), visitor_(visitor) {}

  bool Feed(std::string_view chunk) override;
  bool Finish() override;

 private:
  void Keep(std::string_view piece);
  void EndLine(std::string_view line);
  void ParseLine(std::string_view text);
  void Report(uint64_t column, const Rule& rule, std::string message);

  const Syntax syntax_;
  const Limits limits_;
  Visitor* const visitor_;
  LineBuffers buffers_;
  std::string kept_;       // the beginning of a line whose end is not there yet
  bool too_long_ = false;  // the line is beyond its limit: its rest is not looked at
  bool eof_ = false;       // # EOF was there
  bool stopped_ = false;   // the visitor wants no more, or nothing after # EOF matters
  uint64_t line_ = 1;
};

}  // namespace pillion::parse
