#include "parse/text_parser.hpp"

#include "parse/metadata_line.hpp"
#include "parse/sample_line.hpp"
#include "parse/syntax_rules.hpp"

#include <cstring>

namespace pillion::parse {

bool TextParser::Feed(std::string_view chunk) {
  while (!chunk.empty() && !stopped_) {
    const void* const found = std::memchr(chunk.data(), '\n', chunk.size());
    if (found == nullptr) {
      Keep(chunk);
      break;
    }
    const auto length = static_cast<size_t>(static_cast<const char*>(found) - chunk.data());
    const std::string_view piece = chunk.substr(0, length);
    chunk.remove_prefix(length + 1);
    if (kept_.empty() && !too_long_) {
      EndLine(piece);
    } else {
      Keep(piece);
      EndLine(kept_);
      kept_.clear();
    }
  }
  return !stopped_;
}

void TextParser::Keep(std::string_view piece) {
  if (too_long_) return;
  too_long_ = piece.size() > limits_.line_bytes - kept_.size();
  if (!too_long_) kept_ += piece;
}

void TextParser::EndLine(std::string_view line) {
  if (too_long_ || line.size() > limits_.line_bytes) {
    Report(1, kLimit, "a line of more than " + std::to_string(limits_.line_bytes) + " bytes");
    too_long_ = false;
  } else {
    ParseLine(line);
  }
  ++line_;
}

void TextParser::ParseLine(std::string_view text) {
  const bool openmetrics = syntax_ == Syntax::kOpenMetrics;
  if (eof_) {
    Report(1, kEof, "something stands after # EOF");
    stopped_ = true;
    return;
  }
  if (openmetrics && text == "# EOF") {
    eof_ = true;
    return;
  }
  if (const size_t valid = Utf8Prefix(text); valid != text.size()) {
    return Report(valid + 1, kInvalidUtf8, "this byte is not UTF-8");
  }
  if (!text.empty() && text.back() == '\r') {
    return Report(text.size(), kWhitespace, "a carriage return before the line feed");
  }
  Line line(text, line_, syntax_, limits_, &buffers_, visitor_);
  line.OptionalBlanks();
  if (line.at_end()) {
    if (openmetrics) Report(1, kEmptyLine, "OpenMetrics has no empty lines");
    return;
  }
  if (line.next() == '#') {
    ParseHashLine(line);
  } else if (text[0] == ' ' || text[0] == '\t') {
    line.FailAt(1, kWhitespace, "a blank before the name: Prometheus 2 makes it a part of it");
  } else {
    ParseSampleLine(line);
  }
  stopped_ = stopped_ || !line.go_on();
}

bool TextParser::Finish() {
  if (stopped_) return false;
  const bool partial = !kept_.empty() || too_long_;
  // What a cut-off line says is not what it would have said; only # EOF needs no end.
  if (partial && syntax_ == Syntax::kOpenMetrics && !eof_ && kept_ == "# EOF") {
    eof_ = true;
  } else if (partial && eof_) {
    Report(1, kEof, "something stands after # EOF");
  } else if (partial) {
    Report(kept_.size() + 1, kFinalLineFeed, "the last line has no line feed: it may be cut off");
    ++line_;
  }
  if (syntax_ == Syntax::kOpenMetrics && !eof_ && !stopped_) {
    Report(1, kEof, "# EOF is missing: the page may be cut off");
  }
  return !stopped_;
}

void TextParser::Report(uint64_t column, const Rule& rule, std::string message) {
  if (!visitor_->OnProblem({{line_, column}, &rule, std::move(message)})) stopped_ = true;
}

}  // namespace pillion::parse
