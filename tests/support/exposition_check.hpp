// A strict reader of expositions, for tests: text 0.0.4 and OpenMetrics 1.0.
//
//   const exposition::Page page = exposition::ReadOpenMetrics(text);
//   CHECK(page.problems == std::vector<std::string>{});
//   CHECK(page.series == exposition::ReadText(other).series);
//
// It knows nothing of the writers: it is written from the formats' documents. `series` holds what
// a Prometheus 2 would store: label values as they are spelled, labels in any order, labels
// without value left out.
#pragma once

#include "support/exposition_lines.hpp"

#include <set>
#include <vector>

namespace pillion::exposition {

struct Family {
  std::string name, type, help, unit;
  bool has_type = false, has_help = false, has_unit = false;
  std::vector<Sample> samples;
};

struct Page {
  std::vector<Family> families;
  std::map<std::string, double> series;  // `name{a="x"}`, labels sorted
  std::vector<std::string> problems;     // with line numbers; empty: valid

  const Family* Find(std::string_view name) const {
    for (const Family& family : families) {
      if (family.name == name) return &family;
    }
    return nullptr;
  }
};

// What a series is called in Page::series.
inline std::string SeriesKey(const std::string& name, const Labels& labels) {
  std::string key = name + "{";
  for (const auto& [label, value] : labels) {
    if (!value.empty()) key += label + "=\"" + value + "\",";
  }
  return key + "}";
}

namespace detail {

// The spelling that OpenMetrics asks for: never a whole number without a decimal point.
inline bool IsCanonical(const std::string& bound) {
  double value = 0;
  if (!ReadNumber(bound, &value)) return false;
  return std::isinf(value) || bound.find_first_of(".e") != std::string::npos;
}

// Suffixes of a type's samples, as {suffix, may repeat per bucket}.
inline std::vector<std::string> SuffixesOf(const std::string& type, bool openmetrics) {
  if (type == "histogram") return {"_bucket", "_sum", "_count"};
  if (type == "summary") return {"", "_sum", "_count"};
  if (!openmetrics) return {""};
  if (type == "counter") return {"_total", "_created"};
  if (type == "info") return {"_info"};
  if (type == "gaugehistogram") return {"_bucket", "_gsum", "_gcount"};
  return {""};
}

// Checks that concern one point of a histogram: its buckets, in order, then its sum and count.
class HistogramCheck {
 public:
  explicit HistogramCheck(bool openmetrics) : openmetrics_(openmetrics) {}

  std::string Add(const Sample& sample) {
    const bool negative = sample.value < 0 || std::isnan(sample.value);
    if (EndsWith(sample.name, "_bucket")) {
      const auto le = sample.labels.find("le");
      double bound = 0;
      if (le == sample.labels.end() || !ReadNumber(le->second, &bound)) return "no le";
      if (openmetrics_ && !IsCanonical(le->second)) return "le is not canonical";
      if (any_ && !(bound > last_bound_)) return "bounds don't ascend";
      if (any_ && sample.value < last_count_) return "counts fall";
      if (negative) return "a negative bucket";
      if (openmetrics_ && std::floor(sample.value) != sample.value) return "a broken count";
      if (sample.has_exemplar &&
          !(sample.exemplar_value <= bound && (!any_ || sample.exemplar_value > last_bound_))) {
        return "an exemplar outside of its bucket";
      }
      negative_bounds_ = negative_bounds_ || bound < 0;
      any_ = true;
      last_bound_ = bound;
      last_count_ = sample.value;
    } else if (EndsWith(sample.name, "count")) {
      has_count_ = true;
      if (sample.value != last_count_) return "count is not the +Inf bucket";
    } else {
      has_sum_ = true;
      const bool gauge = EndsWith(sample.name, "_gsum");
      if (openmetrics_ && std::isnan(sample.value)) return "sum is NaN";
      if (openmetrics_ && negative_bounds_ && !gauge) return "a sum beside negative bounds";
      if (openmetrics_ && sample.value < 0 && !negative_bounds_) return "a negative sum";
    }
    return {};
  }

  std::string End() const {
    if (!any_ || last_bound_ != std::numeric_limits<double>::infinity()) return "no +Inf bucket";
    if (openmetrics_ && has_sum_ != has_count_) return "sum and count only together";
    return {};
  }

 private:
  bool openmetrics_;
  bool any_ = false, has_sum_ = false, has_count_ = false, negative_bounds_ = false;
  double last_bound_ = 0, last_count_ = 0;
};

class Reader {
 public:
  explicit Reader(bool openmetrics) : openmetrics_(openmetrics) {}

  Page Read(std::string_view text) {
    if (!IsUtf8(text)) Problem("not UTF-8");
    if (!text.empty() && text.back() != '\n') Problem("no line feed at the end");
    while (!text.empty()) {
      ++line_;
      const size_t end = text.find('\n');
      ReadLine(text.substr(0, end));
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    if (openmetrics_ && !eof_) Problem("no # EOF");
    for (const Family& family : page_.families) CheckFamily(family);
    return std::move(page_);
  }

 private:
  void Problem(const std::string& what) {
    page_.problems.push_back(std::to_string(line_) + ": " + what);
  }

  void ReadLine(std::string_view line) {
    if (eof_) Problem("a line after # EOF");
    if (line.empty()) return Problem("an empty line");
    if (line == "# EOF" && openmetrics_) {
      eof_ = true;
    } else if (line[0] == '#') {
      ReadMetadata(line);
    } else {
      Sample sample;
      if (std::string problem = ReadSample(line, openmetrics_, &sample); !problem.empty()) {
        return Problem(problem);
      }
      AddSample(std::move(sample));
    }
  }

  void ReadMetadata(std::string_view line) {
    std::string_view rest = line;
    TakeWord(rest);
    const std::string_view keyword = TakeWord(rest);
    const std::string name(TakeWord(rest));
    if (keyword != "TYPE" && keyword != "HELP" && !(keyword == "UNIT" && openmetrics_)) {
      return Problem("a comment that is no metadata");
    }
    if (!IsName(name, true)) return Problem("a bad family name: " + name);
    Family& family = Start(name);
    if (!family.samples.empty()) return Problem("metadata after samples of " + name);
    auto once = [&](bool& seen, std::string& text) {
      if (seen) Problem(std::string(keyword) + " of " + name + " stands twice");
      seen = true;
      text = rest;
    };
    if (keyword == "HELP") {
      once(family.has_help, family.help);
      CheckEscapes(rest);
    } else if (keyword == "UNIT") {
      once(family.has_unit, family.unit);
    } else {
      once(family.has_type, family.type);
      static const std::set<std::string> kText = {"counter", "gauge", "histogram", "summary",
                                                  "untyped"};
      static const std::set<std::string> kOpen = {"counter",  "gauge",         "histogram",
                                                  "summary",  "unknown",       "info",
                                                  "stateset", "gaugehistogram"};
      if (!(openmetrics_ ? kOpen : kText).count(family.type)) Problem("bad type " + family.type);
    }
  }

  void CheckEscapes(std::string_view help) {
    for (size_t i = 0; i < help.size(); ++i) {
      if (openmetrics_ && help[i] == '"') Problem("a bare quote in HELP");
      if (help[i] != '\\') continue;
      ++i;
      const bool known = i < help.size() &&
                         (help[i] == 'n' || help[i] == '\\' || (openmetrics_ && help[i] == '"'));
      if (!known) Problem("a bad escape in HELP");
    }
  }

  // The family that lines belong to from here on. A second group of one name is a problem.
  Family& Start(const std::string& name) {
    if (!page_.families.empty() && page_.families.back().name == name) {
      return page_.families.back();
    }
    if (page_.Find(name) != nullptr) Problem("family " + name + " is not in one piece");
    page_.families.push_back({});
    page_.families.back().name = name;
    return page_.families.back();
  }

  static bool Belongs(const Family& family, const std::string& sample, bool openmetrics) {
    for (const std::string& suffix : SuffixesOf(family.type, openmetrics)) {
      if (sample == family.name + suffix) return true;
    }
    return false;
  }

  void AddSample(Sample sample) {
    if (page_.families.empty() || !Belongs(page_.families.back(), sample.name, openmetrics_)) {
      Problem("sample " + sample.name + " stands outside of its family");
      return;
    }
    Labels identity = sample.labels;
    const std::string key = SeriesKey(sample.name, identity);
    if (!page_.series.emplace(key, sample.value).second) Problem("duplicate series " + key);
    page_.families.back().samples.push_back(std::move(sample));
  }

  static Labels PointOf(const Sample& sample, const Family& family) {
    Labels labels = sample.labels;
    if (family.type == "histogram" || family.type == "gaugehistogram") labels.erase("le");
    if (family.type == "summary") labels.erase("quantile");
    if (family.type == "stateset") labels.erase(family.name);
    return labels;
  }

  void CheckFamily(const Family& family) {
    ClaimNames(family);
    if (openmetrics_ && family.has_unit) {
      if (!EndsWith(family.name, "_" + family.unit)) Problem("UNIT is no suffix: " + family.name);
      if (family.type == "info" || family.type == "stateset") Problem("UNIT of " + family.type);
    }
    std::set<Labels> points;
    HistogramCheck histogram(openmetrics_);
    const bool is_histogram = family.type == "histogram" || family.type == "gaugehistogram";
    const Labels* last = nullptr;
    const auto end_point = [&] {
      if (last == nullptr || !is_histogram) return;
      if (std::string p = histogram.End(); !p.empty()) Problem(family.name + ": " + p);
    };
    for (const Sample& sample : family.samples) {
      const Labels point = PointOf(sample, family);
      if (last == nullptr || *last != point) {
        end_point();
        const auto [at, is_new] = points.insert(point);
        if (!is_new) Problem("points of " + family.name + " are interleaved");
        last = &*at;
        histogram = HistogramCheck(openmetrics_);
      }
      if (is_histogram) {
        if (std::string p = histogram.Add(sample); !p.empty()) Problem(family.name + ": " + p);
      }
      if (openmetrics_) CheckValue(family, sample);
    }
    end_point();
  }

  void CheckValue(const Family& family, const Sample& sample) {
    const double v = sample.value;
    if (family.type == "counter" && !(v >= 0)) Problem("counter below 0: " + sample.name);
    if (family.type == "info" && v != 1) Problem("info is not 1: " + sample.name);
    if (family.type == "stateset") {
      if (v != 0 && v != 1) Problem("state is neither 0 nor 1: " + sample.name);
      if (!sample.labels.count(family.name)) Problem("state has no name: " + sample.name);
    }
    if (family.type == "summary" && sample.name == family.name) {
      const auto q = sample.labels.find("quantile");
      double quantile = -1;
      if (q != sample.labels.end()) ReadNumber(q->second, &quantile);
      if (!(quantile >= 0 && quantile <= 1)) Problem("quantile outside of 0 to 1");
      if (q != sample.labels.end() && !IsCanonical(q->second)) Problem("quantile not canonical");
      if (v < 0) Problem("a negative quantile value");
    } else if (family.type == "summary" && !(v >= 0)) {
      Problem("sum or count below 0: " + sample.name);
    }
    const bool may = (family.type == "counter" && EndsWith(sample.name, "_total")) ||
                     EndsWith(sample.name, "_bucket");
    if (sample.has_exemplar && (!may || family.type == "unknown")) {
      Problem("an exemplar on " + sample.name);
    }
    size_t length = 0;
    for (const auto& [name, value] : sample.exemplar_labels) length += name.size() + value.size();
    if (length > 128 * 4) Problem("exemplar labels too long");
  }

  // No two families may have a sample name in common, nor one that the other could have.
  void ClaimNames(const Family& family) {
    std::set<std::string> names = {family.name};
    for (const std::string& suffix : SuffixesOf(family.type, openmetrics_)) {
      names.insert(family.name + suffix);
    }
    if (openmetrics_ && (family.type == "histogram" || family.type == "summary")) {
      names.insert(family.name + "_created");
    }
    for (const std::string& name : names) {
      if (!claimed_.insert(name).second) Problem("name " + name + " belongs to two families");
    }
  }

  bool openmetrics_;
  bool eof_ = false;
  size_t line_ = 0;
  std::set<std::string> claimed_;
  Page page_;
};

}  // namespace detail

inline Page ReadText(std::string_view text) { return detail::Reader(false).Read(text); }
inline Page ReadOpenMetrics(std::string_view text) { return detail::Reader(true).Read(text); }

}  // namespace pillion::exposition
