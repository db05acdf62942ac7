// A visitor of parsers that writes down what it is told, one text per event:
//
//   2:1 type demo_total counter
//   3:1 sample demo_total{a="b"} 5 @1700000000.5 # {trace="x"} 0.5
//   4:12 error value
//
// Numbers are the shortest that read back as the same double.
#pragma once

#include "parse/parser.hpp"

#include <fmt/format.h>

#include <cmath>
#include <string>
#include <vector>

namespace pillion::testing {

class ParseRecorder : public parse::Visitor {
 public:
  std::vector<std::string> events;
  std::vector<std::string> messages;  // of the problems, in order
  size_t problems_max = SIZE_MAX;     // wants no more beyond

  void OnHelp(const parse::Metadata& m) override { Add(m.position, "help " + Text(m)); }
  void OnType(const parse::Metadata& m, MetricType type) override {
    Add(m.position, fmt::format("type {} {}", Name(m.name, m.quoted), TypeName(type)));
  }
  void OnUnit(const parse::Metadata& m) override { Add(m.position, "unit " + Text(m)); }
  void OnSample(const parse::Sample& s) override {
    std::string text = fmt::format("sample {}{} {}{}", Name(s.name, s.quoted), Labels(s.labels),
                                   Number(s.value), Time(s.timestamp));
    if (s.exemplar != nullptr) text += Text(*s.exemplar);
    Add(s.position, text);
  }
  void OnNativeHistogram(const parse::NativeHistogram& h) override {
    std::string text =
        fmt::format("native {}{} schema {} zero {} {} count {} sum {}{}", h.name, Labels(h.labels),
                    h.schema, Number(h.zero_threshold), Number(h.zero_count), Number(h.count),
                    Number(h.sum), h.floats ? " floats" : "");
    text += " +" + Buckets(h.positive_spans, h.positive_counts);
    text += " -" + Buckets(h.negative_spans, h.negative_counts) + Time(h.timestamp);
    for (const parse::Exemplar& exemplar : h.exemplars) text += Text(exemplar);
    Add(h.position, text);
  }
  void OnCreated(const parse::Created& c) override {
    Add(c.position, fmt::format("created {}{} {}", c.name, Labels(c.labels), Number(c.seconds)));
  }
  void OnFamilyEnd(const parse::Position& p) override { Add(p, "end"); }
  bool OnProblem(const parse::Problem& p) override {
    Add(p.position, fmt::format("{} {}", ToString(p.rule->severity), p.rule->id));
    messages.push_back(p.message);
    return messages.size() < problems_max;
  }

  static std::string Number(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
    return fmt::format("{}", value);
  }

 private:
  void Add(const parse::Position& p, const std::string& text) {
    events.push_back(fmt::format("{}:{} {}", p.line, p.column, text));
  }
  static std::string Name(std::string_view name, bool quoted) {
    return quoted ? fmt::format("\"{}\"", name) : std::string(name);
  }
  static std::string Text(const parse::Metadata& m) {
    return fmt::format("{} {}", Name(m.name, m.quoted), m.text);
  }
  static std::string Labels(std::span<const parse::Label> labels) {
    std::string text;
    for (const parse::Label& label : labels) {
      text += fmt::format("{}{}=\"{}\"", text.empty() ? "" : ",", Name(label.name, label.quoted),
                          label.value);
    }
    return text.empty() ? text : "{" + text + "}";
  }
  static std::string Time(const std::optional<double>& seconds) {
    return seconds ? " @" + Number(*seconds) : std::string();
  }
  static std::string Text(const parse::Exemplar& e) {
    return fmt::format(" # {} {}{}", e.labels.empty() ? "{}" : Labels(e.labels), Number(e.value),
                       Time(e.timestamp));
  }
  static std::string Buckets(std::span<const parse::Span> spans, std::span<const double> counts) {
    std::string text;
    for (const parse::Span& s : spans) text += fmt::format("[{},{}]", s.offset, s.length);
    for (const double count : counts) text += " " + Number(count);
    return text;
  }
  static std::string_view TypeName(MetricType type) {
    switch (type) {
      case MetricType::kCounter: return "counter";
      case MetricType::kGauge: return "gauge";
      case MetricType::kHistogram: return "histogram";
      case MetricType::kGaugeHistogram: return "gaugehistogram";
      case MetricType::kSummary: return "summary";
      case MetricType::kInfo: return "info";
      case MetricType::kStateSet: return "stateset";
      case MetricType::kUnknown: break;
    }
    return "unknown";
  }
};

// What a page gives, fed in chunks of `chunk` bytes (0: at once).
inline std::vector<std::string> ParseEvents(parse::Syntax syntax, std::string_view page,
                                            size_t chunk = 0, const parse::Limits& limits = {}) {
  ParseRecorder recorder;
  const auto parser = parse::MakeParser(syntax, limits, &recorder);
  for (size_t at = 0; at < page.size();) {
    const std::string piece(page.substr(at, chunk == 0 ? page.size() : chunk));
    parser->Feed(piece);  // a copy, so that a view into an earlier chunk is found by ASan
    at += piece.size();
  }
  parser->Finish();
  return recorder.events;
}

}  // namespace pillion::testing
