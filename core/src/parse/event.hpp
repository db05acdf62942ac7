// What a parser tells about an exposition, in the order of the page.
//
// All views are valid for the one call only: they point into the bytes that were fed, or into the
// parser's own buffers. Texts are unescaped. Times are seconds since 1970 in every format (text
// 0.0.4 writes milliseconds).
#pragma once

#include "parse/rule.hpp"

#include <pillion/tables.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace pillion::parse {

// Both count from 1. Text: the line, and the byte in it. Protobuf: the number of the MetricFamily
// message, and the byte in it.
struct Position {
  uint64_t line = 0;
  uint64_t column = 0;
};

struct Label {
  std::string_view name;
  std::string_view value;
  uint64_t column = 0;
  bool quoted = false;  // the name stood in quotes
};

struct Exemplar {
  uint64_t column = 0;
  std::span<const Label> labels;
  double value = 0;
  std::optional<double> timestamp;
};

// One line of a text page. Protobuf metrics come as the lines that they would be: a histogram as
// _bucket (cumulative, with `le` last, always with +Inf), _sum and _count, a summary as quantiles,
// _sum and _count. Numbers in `le` and `quantile` are then canonical floats ("1.0", "+Inf").
struct Sample {
  Position position;
  std::string_view name;
  std::span<const Label> labels;  // as written; no name stands twice
  double value = 0;
  std::string_view value_text;  // as written; empty in protobuf
  std::optional<double> timestamp;
  const Exemplar* exemplar = nullptr;  // null: none
  bool quoted = false;                 // the name stood in quotes
};

// `# HELP name text`, `# TYPE name type`, `# UNIT name unit`.
struct Metadata {
  Position position;
  std::string_view name;
  std::string_view text;  // of HELP and UNIT; of TYPE as written
  bool quoted = false;
};

struct Span {
  int32_t offset = 0;
  uint32_t length = 0;
};

// Protobuf only. Counts are absolute, one per bucket of the spans, whether the page had integers
// as deltas or floats.
struct NativeHistogram {
  Position position;
  std::string_view name;
  std::span<const Label> labels;
  int32_t schema = 0;
  double zero_threshold = 0;
  double zero_count = 0;
  double count = 0;
  double sum = 0;
  bool floats = false;  // counts were written as floats
  std::span<const Span> positive_spans;
  std::span<const double> positive_counts;
  std::span<const Span> negative_spans;
  std::span<const double> negative_counts;
  std::span<const Exemplar> exemplars;
  std::optional<double> timestamp;
};

// Protobuf only: `created_timestamp` of a counter, summary or histogram. In OpenMetrics text it
// is a sample called NAME_created.
struct Created {
  Position position;
  std::string_view name;  // the family's
  std::span<const Label> labels;
  double seconds = 0;
};

struct Problem {
  Position position;
  const Rule* rule = nullptr;
  std::string message;
};

// Whoever wants to know. Calls come from Feed and Finish, on their thread.
//
// Order: a text page as it is written, right or wrong. Protobuf: for each message Help, Type, the
// metrics, and Unit after them, which is where writers put it.
class Visitor {
 public:
  virtual ~Visitor() = default;
  virtual void OnHelp(const Metadata&) {}
  // `untyped` and `unknown` are one type.
  virtual void OnType(const Metadata&, MetricType) {}
  virtual void OnUnit(const Metadata&) {}
  virtual void OnSample(const Sample&) {}
  virtual void OnNativeHistogram(const NativeHistogram&) {}
  virtual void OnCreated(const Created&) {}
  // Protobuf: a message ends.
  virtual void OnFamilyEnd(const Position&) {}
  // Something is wrong. An error costs the line (protobuf: the metric) that it stands on, which
  // then gives no other event. A warning costs nothing. True: go on with the next line.
  virtual bool OnProblem(const Problem&) = 0;
};

}  // namespace pillion::parse
