#include "fuzz/parse_check.hpp"

#include "lint/lint.hpp"
#include "parse/characters.hpp"
#include "support/parse_recorder.hpp"

#include <algorithm>
#include <set>

namespace pillion::fuzz {
namespace {

using parse::Syntax;

// Small, so that they are reached.
constexpr parse::Limits kLimits{.line_bytes = 2000,
                                .name_bytes = 100,
                                .labels = 8,
                                .label_value_bytes = 300,
                                .number_bytes = 100,
                                .buckets = 20};

// Larger pages are not fed byte by byte: it costs most of the time and finds nothing more.
constexpr size_t kByBytesMax = 400;

// A text as it stands between quotes.
std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

// Records, checks each event, and writes samples down again.
class Checker final : public testing::ParseRecorder {
 public:
  explicit Checker(Syntax syntax) : syntax_(syntax) {}

  std::string wrong;
  std::string rewritten;
  std::vector<std::string> samples;  // without positions
  size_t errors = 0;

  void OnHelp(const parse::Metadata& line) override {
    Metadata(line);
    ParseRecorder::OnHelp(line);
  }
  void OnType(const parse::Metadata& line, MetricType type) override {
    Metadata(line);
    ParseRecorder::OnType(line, type);
  }
  void OnUnit(const parse::Metadata& line) override {
    Metadata(line);
    ParseRecorder::OnUnit(line);
  }
  void OnSample(const parse::Sample& sample) override {
    Ascend(sample.position);
    CheckName(sample.name, sample.quoted);
    CheckLabels(sample.labels);
    if (sample.exemplar != nullptr) CheckLabels(sample.exemplar->labels);
    ParseRecorder::OnSample(sample);
    // Milliseconds beyond this don't come back from a double of seconds.
    if (sample.timestamp.value_or(0) > 1e11 && syntax_ == Syntax::kText) return;
    samples.push_back(events.back().substr(events.back().find(' ')));
    Rewrite(sample);
  }
  void OnNativeHistogram(const parse::NativeHistogram& histogram) override {
    CheckLabels(histogram.labels);
    Expect(histogram.positive_counts.size() <= kLimits.buckets &&
               histogram.negative_counts.size() <= kLimits.buckets &&
               histogram.positive_spans.size() <= kLimits.buckets,
           "more buckets than the limit");
    ParseRecorder::OnNativeHistogram(histogram);
  }
  bool OnProblem(const parse::Problem& problem) override {
    Ascend(problem.position);
    const bool control = std::any_of(problem.message.begin(), problem.message.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    });
    Expect(!problem.message.empty() && !control, "a message with control characters");
    errors += problem.rule->severity == parse::Severity::kError;
    return ParseRecorder::OnProblem(problem);
  }

 private:
  void Expect(bool holds, const char* otherwise) {
    if (!holds && wrong.empty()) wrong = otherwise;
  }
  void Ascend(const parse::Position& position) {
    Expect(position.line >= line_, "lines do not ascend");
    line_ = position.line;
  }
  void Metadata(const parse::Metadata& line) {
    Ascend(line.position);
    CheckName(line.name, line.quoted);
    Expect(parse::Utf8Prefix(line.text) == line.text.size(), "a text is not UTF-8");
  }
  void CheckName(std::string_view name, bool quoted) {
    Expect(!name.empty() && name.size() <= kLimits.name_bytes + 7, "a name of a wrong length");
    Expect(quoted || parse::IsMetricName(name), "an invalid name");
  }
  void CheckLabels(std::span<const parse::Label> labels) {
    Expect(labels.size() <= kLimits.labels + 1, "more labels than the limit");
    std::set<std::string_view> names;
    for (const parse::Label& label : labels) {
      Expect(names.insert(label.name).second, "a label twice");
      Expect(!label.name.empty(), "a label without a name");
      Expect(label.quoted || parse::IsLabelName(label.name), "an invalid label name");
      Expect(parse::Utf8Prefix(label.value) == label.value.size(), "a value is not UTF-8");
      Expect(label.value.size() <= kLimits.label_value_bytes, "a value beyond the limit");
    }
  }
  std::string Braces(std::span<const parse::Label> labels, std::string first) {
    for (const parse::Label& label : labels) {
      first += fmt::format("{}{}=\"{}\"", first.empty() ? "" : ",",
                           label.quoted ? "\"" + Escaped(label.name) + "\"" : label.name,
                           Escaped(label.value));
    }
    return "{" + first + "}";
  }
  void Rewrite(const parse::Sample& sample) {
    const bool open = syntax_ == Syntax::kOpenMetrics;
    rewritten += sample.quoted ? Braces(sample.labels, "\"" + Escaped(sample.name) + "\"")
                               : std::string(sample.name) + Braces(sample.labels, "");
    rewritten += " " + Number(sample.value);
    if (sample.timestamp && !open) rewritten += fmt::format(" {:.0f}", *sample.timestamp * 1000);
    if (sample.timestamp && open) rewritten += " " + Number(*sample.timestamp);
    if (sample.exemplar != nullptr) {
      rewritten +=
          " # " + Braces(sample.exemplar->labels, "") + " " + Number(sample.exemplar->value);
      if (sample.exemplar->timestamp) rewritten += " " + Number(*sample.exemplar->timestamp);
    }
    rewritten += "\n";
  }

  const Syntax syntax_;
  uint64_t line_ = 0;
};

void Parse(Syntax syntax, std::string_view page, size_t chunk, Checker* checker,
           const parse::Limits& limits = kLimits) {
  const auto parser = parse::MakeParser(syntax, limits, checker);
  for (size_t at = 0; at < page.size(); at += chunk) {
    // A copy without room behind it: views that outlive their call are found.
    const std::vector<char> piece(
        page.begin() + static_cast<ptrdiff_t>(at),
        page.begin() + static_cast<ptrdiff_t>(std::min(at + chunk, page.size())));
    parser->Feed({piece.data(), piece.size()});
  }
  parser->Finish();
}

std::string WhatIsWrongRewritten(Syntax syntax, const Checker& first) {
  Checker second(syntax);
  // What is written again may be longer than what was read.
  const parse::Limits limits{.name_bytes = 1000};
  Parse(syntax, first.rewritten + (syntax == Syntax::kOpenMetrics ? "# EOF\n" : ""), SIZE_MAX / 2,
        &second, limits);
  if (second.errors > 0) return "what was read and written again has problems: " + first.rewritten;
  return first.samples == second.samples ? "" : "what was read and written again differs";
}

}  // namespace

std::string WhatIsWrongWithParsing(Syntax syntax, std::string_view page) {
  Checker whole(syntax);
  Parse(syntax, page, page.size() + 1, &whole);
  if (!whole.wrong.empty()) return whole.wrong;
  const size_t odd = page.empty() ? 2 : 2 + static_cast<uint8_t>(page[page.size() / 2]) % 61;
  for (const size_t chunk : {size_t{1}, odd}) {
    if (chunk == 1 && page.size() > kByBytesMax) continue;
    Checker cut(syntax);
    Parse(syntax, page, chunk, &cut);
    if (cut.events != whole.events) return "the page differs with its chunks";
  }
  if (syntax != Syntax::kProtobuf) {
    if (std::string wrong = WhatIsWrongRewritten(syntax, whole); !wrong.empty()) return wrong;
  }
  size_t errors = 0;
  lint::PageLint lint({.syntax = syntax, .limits = kLimits, .bounds = {20, 100, 10}},
                      [&](const lint::Violation& violation) {
                        errors += violation.severity == parse::Severity::kError;
                        return true;
                      });
  lint.Feed(page);
  lint.Finish();
  return errors >= whole.errors ? "" : "the linter says less than the parser";
}

}  // namespace pillion::fuzz
