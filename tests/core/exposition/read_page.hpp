// A page read by the strict parser, as what it says: series, metadata, what hangs on them.
#pragma once

#include "lint/lint.hpp"
#include "parse/parser.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace pillion::test {

using SortedLabels = std::vector<std::pair<std::string, std::string>>;  // none without value
using SeriesKey = std::pair<std::string, SortedLabels>;

// Equal for equal values; all NaN are one.
inline uint64_t ValueBits(double value) {
  return std::isnan(value) ? ~uint64_t{0} : std::bit_cast<uint64_t>(value);
}

struct ReadExemplar {
  SortedLabels labels;
  uint64_t value = 0;
  double timestamp = -1;  // none
  bool operator==(const ReadExemplar&) const = default;
};

struct ReadNative {
  int32_t schema = 0;
  double zero_threshold = 0, zero_count = 0, count = 0;
  uint64_t sum = 0;
  std::vector<std::pair<int32_t, uint32_t>> positive_spans, negative_spans;
  std::vector<double> positive_counts, negative_counts;
  bool operator==(const ReadNative&) const = default;
};

struct ReadPage {
  std::map<SeriesKey, uint64_t> series;
  std::map<SeriesKey, ReadExemplar> exemplars;
  std::map<SeriesKey, ReadNative> natives;
  std::map<SeriesKey, double> created;
  std::map<std::string, std::string> help, unit;
  std::map<std::string, MetricType> types;
  std::string problems;  // of the parser and of the linter, one a line
};

class PageReader final : public parse::Visitor {
 public:
  explicit PageReader(ReadPage* page) : page_(*page) {}

  void OnHelp(const parse::Metadata& m) override { page_.help.emplace(m.name, m.text); }
  void OnUnit(const parse::Metadata& m) override { page_.unit.emplace(m.name, m.text); }
  void OnType(const parse::Metadata& m, MetricType type) override {
    if (!page_.types.emplace(m.name, type).second) Tell("two types", m.name);
  }
  void OnSample(const parse::Sample& s) override {
    const SeriesKey key{std::string(s.name), Sorted(s.labels)};
    if (!page_.series.emplace(key, ValueBits(s.value)).second) Tell("twice", s.name);
    if (s.exemplar == nullptr) return;
    page_.exemplars[key] = {Sorted(s.exemplar->labels), ValueBits(s.exemplar->value),
                            s.exemplar->timestamp.value_or(-1)};
  }
  void OnNativeHistogram(const parse::NativeHistogram& h) override {
    ReadNative native{
        h.schema, h.zero_threshold, h.zero_count, h.count, ValueBits(h.sum), {}, {}, {}, {}};
    for (const parse::Span& s : h.positive_spans)
      native.positive_spans.push_back({s.offset, s.length});
    for (const parse::Span& s : h.negative_spans)
      native.negative_spans.push_back({s.offset, s.length});
    native.positive_counts.assign(h.positive_counts.begin(), h.positive_counts.end());
    native.negative_counts.assign(h.negative_counts.begin(), h.negative_counts.end());
    page_.natives[{std::string(h.name), Sorted(h.labels)}] = std::move(native);
  }
  void OnCreated(const parse::Created& c) override {
    page_.created[{std::string(c.name), Sorted(c.labels)}] = c.seconds;
  }
  bool OnProblem(const parse::Problem& p) override {
    if (p.rule->severity == parse::Severity::kError) Tell(p.rule->id, p.message);
    return true;
  }

 private:
  static SortedLabels Sorted(std::span<const parse::Label> labels) {
    SortedLabels sorted;
    for (const parse::Label& label : labels) {
      if (!label.value.empty()) sorted.emplace_back(label.name, label.value);
    }
    std::sort(sorted.begin(), sorted.end());
    return sorted;
  }
  void Tell(std::string_view what, std::string_view of) {
    page_.problems.append(what).append(": ").append(of).append("\n");
  }

  ReadPage& page_;
};

inline ReadPage Read(parse::Syntax syntax, const std::vector<std::string>& chunks) {
  ReadPage page;
  PageReader reader(&page);
  const auto parser = parse::MakeParser(syntax, {}, &reader);
  for (const std::string& chunk : chunks) parser->Feed(chunk);
  parser->Finish();
  for (const lint::Violation& v : lint::CheckPage(syntax, chunks)) {
    page.problems.append(v.rule->id).append(": ").append(v.message).append("\n");
  }
  return page;
}

}  // namespace pillion::test
