// Parser: reads an exposition strictly, as it comes, in chunks of any size.
//
//   struct Print : parse::Visitor {
//     void OnSample(const parse::Sample& s) override { fmt::print("{} {}\n", s.name, s.value); }
//     bool OnProblem(const parse::Problem& p) override { ...; return true; }
//   };
//   Print print;
//   const auto parser = parse::MakeParser(parse::Syntax::kText, {}, &print);
//   while (Read(&chunk)) parser->Feed(chunk);
//   parser->Finish();
//
// It knows what a line may be, and remembers nothing of earlier lines: whether families stand
// together, series are unique or histograms are whole is lint's matter. It never repairs: what is
// not in the format is a Problem.
//
// Memory: what a line needs, at most about four times its limit; of protobuf what one metric needs,
// at most about sixteen times. What lies within a chunk is not copied. Time: linear in the bytes.
// No recursion.
//
// Threads: one at a time. Errors are calls of Visitor::OnProblem; std::bad_alloc passes through.
#pragma once

#include "parse/event.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

namespace pillion::parse {

enum class Syntax {
  kText,         // text/plain 0.0.4 and 1.0.0; names may be quoted: {"my.name", "a.b"="c"} 1
  kOpenMetrics,  // application/openmetrics-text 1.0.0; names may be quoted
  kProtobuf,     // io.prometheus.client.MetricFamily, each with its length before it
};

std::string_view ToString(Syntax syntax);  // "text", "openmetrics", "protobuf"

// What a Content-Type announces, as a scraper sees it: parameters in any order, any case. Nothing:
// it is none of ours.
std::optional<Syntax> SyntaxOf(std::string_view content_type);

// Beyond these a line is a problem (rule `limit`) instead of memory.
struct Limits {
  size_t line_bytes = size_t{1} << 20;           // text line, or one metric of a protobuf message
  size_t name_bytes = 1024;                      // metric and label names
  size_t labels = 256;                           // of a sample or exemplar
  size_t label_value_bytes = size_t{256} << 10;  // as written
  size_t number_bytes = 512;                     // digits of one number
  size_t buckets = 16'384;  // of a histogram, classic or native, and its spans; quantiles
};

class Parser {
 public:
  virtual ~Parser() = default;
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  // False: the visitor wanted no more; what is fed later is ignored.
  virtual bool Feed(std::string_view chunk) = 0;
  // The page is complete. Call it once; then only the destructor.
  virtual bool Finish() = 0;

 protected:
  Parser() = default;
};

// `visitor` is not owned and outlives the parser.
std::unique_ptr<Parser> MakeParser(Syntax syntax, const Limits& limits, Visitor* visitor);

}  // namespace pillion::parse
