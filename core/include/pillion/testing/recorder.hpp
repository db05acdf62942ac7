// Recorder: keeps what one poll adds, checks it as a host does, and writes it as canonical text.
//
// Part of TestHost; nothing to include on its own.
//
// Threads: one at a time.
#pragma once

#include <pillion/plugin.h>
#include <pillion/tables.hpp>
#include <pillion/testing/canonical_text.hpp>
#include <pillion/testing/option_values.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pillion::testing::detail {

inline bool HasSingleValue(uint32_t type) {
  return type != PILLION_TYPE_HISTOGRAM && type != PILLION_TYPE_GAUGE_HISTOGRAM &&
         type != PILLION_TYPE_SUMMARY;
}

// What is wrong with a row of a metric table or a declaration; empty: nothing.
inline std::string CheckMetric(const pillion_metric& metric) {
  std::string name(ToView(metric.name));
  const std::string quoted = "`" + name + "`";
  if (metric.size < sizeof metric) return quoted + ": pillion_metric.size is not set";
  if (metric.flags & PILLION_METRIC_PATTERN) {
    if (std::count(name.begin(), name.end(), '*') != 1) {
      return "pattern " + quoted + " must hold exactly one `*`";
    }
    name.replace(name.find('*'), 1, "x");
  }
  if (!IsMetricName(name)) return quoted + " is not a metric name";
  if (TypeText(metric.type).empty()) {
    return quoted + " has the unknown type " + std::to_string(metric.type);
  }
  std::set<std::string_view> seen;
  for (size_t i = 0; i < metric.label_count; ++i) {
    const std::string_view label = ToView(metric.labels[i]);
    const bool reserved = !HasSingleValue(metric.type) && (label == "le" || label == "quantile");
    if (!IsLabelName(label) || reserved || !seen.insert(label).second) {
      return quoted + ": `" + std::string(label) + "` cannot be a label of it, or not twice";
    }
  }
  return {};
}

// What is wrong with a plugin's tables, one line each.
inline std::vector<std::string> CheckTables(const pillion_plugin& plugin) {
  std::vector<std::string> problems;
  std::set<std::string_view> names;
  for (size_t i = 0; i < plugin.metric_count; ++i) {
    const pillion_metric& metric = At(plugin.metrics, i);
    const std::string quoted = "`" + std::string(ToView(metric.name)) + "`";
    if (std::string problem = CheckMetric(metric); !problem.empty()) problems.push_back(problem);
    const bool pattern = metric.flags & PILLION_METRIC_PATTERN;
    if (!pattern && ToView(metric.name).find('*') != std::string_view::npos) {
      problems.push_back(quoted + " is no pattern without PILLION_METRIC_PATTERN");
    }
    if (metric.collector >= std::max<size_t>(plugin.collector_count, 1)) {
      problems.push_back(quoted + " names a collector that is not there");
    }
    if (!names.insert(ToView(metric.name)).second) {
      problems.push_back(quoted + " stands twice in the metric table");
    }
  }
  names.clear();
  for (size_t i = 0; i < plugin.collector_count; ++i) {
    const std::string_view name = ToView(At(plugin.collectors, i).name);
    if (name.empty() || !names.insert(name).second) {
      problems.push_back("collector `" + std::string(name) + "` has no name or stands twice");
    }
  }
  for (const pillion_str name :
       {plugin.up_name, plugin.collector_success_name, plugin.collector_duration_name}) {
    if (name.size > 0 && !IsLegacyName(ToView(name))) {
      problems.push_back("`" + std::string(ToView(name)) + "` is not a metric name");
    }
  }
  names.clear();
  for (size_t i = 0; i < plugin.option_count; ++i) {
    const std::string_view name = ToView(At(plugin.options, i).name);
    if (name.empty() || !names.insert(name).second) {
      problems.push_back("option `" + std::string(name) + "` has no name or stands twice");
    }
  }
  return problems;
}

class Recorder {
 public:
  using Complain = std::function<void(std::string)>;

  explicit Recorder(Complain complain) : complain_(std::move(complain)) {}

  // REQUIRES: the plugin is of this version.
  void SetTables(const pillion_plugin& plugin) {
    scoped_ = plugin.collector_count > 0;
    families_.clear();
    for (size_t i = 0; i < plugin.metric_count; ++i) {
      families_.push_back(ToFamily(At(plugin.metrics, i), kAlways));
    }
    table_size_ = families_.size();
  }

  void Start() {
    families_.resize(table_size_);
    label_sets_.clear();
    samples_.clear();
    last_ = nullptr;
    scope_ = 0;
    scopes_ = 0;
  }

  // A collector's samples stand between these two.
  void Begin() {
    scope_ = ++scopes_;
    mark_ = samples_.size();
    last_ = nullptr;
  }
  void End(bool keep) {
    if (!keep) samples_.resize(mark_);
    scope_ = 0;
    last_ = nullptr;
  }
  bool inside() const { return scope_ != 0; }

  // What the open collector has added.
  struct Run;
  Run CopyRun() const;
  // Puts what CopyRun gave, of this poll or an earlier one, in place of what was added.
  void ShowRun(const Run& run);

  pillion_family Declare(const pillion_metric& metric) {
    std::string problem = CheckMetric(metric);
    if (metric.flags & PILLION_METRIC_PATTERN) problem = "a pattern was declared at run time";
    if (problem.empty() && !MaySend()) problem = "a family was declared outside a collector";
    for (size_t i = 0; i < families_.size() && problem.empty(); ++i) {
      const FamilyInfo& other = families_[i];
      if (other.name != ToView(metric.name)) continue;
      if (other.type != metric.type) {
        problem = "`" + other.name + "` is declared twice with different types";
      } else if (other.scope == scope_) {
        return static_cast<pillion_family>(i);
      }
    }
    if (!problem.empty()) {
      complain_(problem);
      return PILLION_NO_FAMILY;
    }
    families_.push_back(ToFamily(metric, scope_));
    return static_cast<pillion_family>(families_.size() - 1);
  }

  pillion_labels MakeLabels(pillion_family family, const pillion_str* values, size_t count) {
    const FamilyInfo* info = Find(family);
    if (info == nullptr) return kBadLabels;
    if (count != info->label_names.size()) {
      complain_(info->name + " has " + std::to_string(info->label_names.size()) + " labels, " +
                std::to_string(count) + " were given");
      return kBadLabels;
    }
    LabelSet set{scope_, {}};
    for (size_t i = 0; i < count; ++i) {
      set.labels.emplace_back(info->label_names[i], Cut(ToView(values[i])));
    }
    return Keep(std::move(set));
  }

  pillion_labels MakeNamedLabels(const pillion_str* names, const pillion_str* values,
                                 size_t count) {
    if (count > kLabelsMax) {
      complain_("a sample has more labels than " + std::to_string(kLabelsMax));
      return kBadLabels;
    }
    LabelSet set{scope_, {}};
    std::set<std::string_view> seen;
    for (size_t i = 0; i < count; ++i) {
      const std::string_view name = ToView(names[i]);
      if (!IsLabelName(name) || !seen.insert(name).second) {
        complain_("label `" + std::string(name) + "` is invalid or stands twice");
        return kBadLabels;
      }
      set.labels.emplace_back(name, Cut(ToView(values[i])));
    }
    return Keep(std::move(set));
  }

  void Add(pillion_family family, pillion_labels labels, double value) {
    const auto [info, set] = Accept(family, labels, true, PILLION_NO_LABELS);
    if (info == nullptr) return;
    const bool fixed = info->type == PILLION_TYPE_INFO || info->type == PILLION_TYPE_STATESET;
    if (fixed && value != 1 && (value != 0 || info->type == PILLION_TYPE_INFO)) {
      complain_(info->name + ": the value of this type is 1, or 0 for a state that is not set");
    }
    Append(*info, set, {Line(SeriesText(info->name, set), value)});
  }

  void AddHistogram(pillion_family family, pillion_labels labels, const pillion_histogram& h) {
    const auto [info, set] = Accept(family, labels, false, PILLION_TYPE_HISTOGRAM);
    if (info == nullptr || !HasSize(h.size, sizeof h, "pillion_histogram")) return;
    double last_count = 0;
    bool sane = h.count >= 0;
    for (size_t i = 0; i < h.bucket_count; ++i) {
      sane = sane && h.cumulative_counts[i] >= last_count && h.cumulative_counts[i] <= h.count &&
             !std::isnan(h.bounds[i]) && (i == 0 || h.bounds[i] > h.bounds[i - 1]);
      last_count = h.cumulative_counts[i];
    }
    if (!sane) {
      complain_(info->name + ": buckets must ascend and their counts must not fall");
      return;
    }
    const bool gauge = info->type == PILLION_TYPE_GAUGE_HISTOGRAM;
    Lines lines;
    for (size_t i = 0; i < h.bucket_count && !std::isinf(h.bounds[i]); ++i) {
      lines.push_back(Line(SeriesText(info->name + "_bucket", set, "le", h.bounds[i]),
                           h.cumulative_counts[i], h.bounds[i]));
    }
    lines.push_back(Line(SeriesText(info->name + "_bucket", set, "le", kInfinity), h.count));
    if (!std::isnan(h.sum)) {
      lines.push_back(Line(SeriesText(info->name + (gauge ? "_gsum" : "_sum"), set), h.sum));
    }
    lines.push_back(Line(SeriesText(info->name + (gauge ? "_gcount" : "_count"), set), h.count));
    Append(*info, set, std::move(lines));
  }

  void AddNativeHistogram(pillion_family family, pillion_labels labels,
                          const pillion_native_histogram& h) {
    const auto [info, set] = Accept(family, labels, false, PILLION_TYPE_HISTOGRAM);
    if (info == nullptr || !HasSize(h.size, sizeof h, "pillion_native_histogram")) return;
    uint64_t positive = 0, negative = 0;
    for (size_t i = 0; i < h.positive_spans; ++i) positive += h.positive_span_lengths[i];
    for (size_t i = 0; i < h.negative_spans; ++i) negative += h.negative_span_lengths[i];
    if (h.schema < -4 || h.schema > 8 || positive != h.positive_buckets ||
        negative != h.negative_buckets) {
      complain_(info->name + ": spans and buckets of a native histogram don't match");
      return;
    }
    const auto side = [](const int32_t* offsets, const uint32_t* lengths, size_t spans,
                         const double* counts, size_t buckets) {
      std::string text = "[";
      for (size_t i = 0; i < spans; ++i) {
        text += (i == 0 ? "" : ",") + std::to_string(offsets[i]) + ":" + std::to_string(lengths[i]);
      }
      for (size_t i = 0; i < buckets; ++i) text += (i == 0 ? " " : ",") + NumberText(counts[i]);
      return text + "]";
    };
    const std::string text = SeriesText(info->name, set) + " {count:" + NumberText(h.count) +
                             ",sum:" + NumberText(h.sum) + ",schema:" + std::to_string(h.schema) +
                             ",zero_threshold:" + NumberText(h.zero_threshold) +
                             ",zero_count:" + NumberText(h.zero_count) + ",negative:" +
                             side(h.negative_span_offsets, h.negative_span_lengths,
                                  h.negative_spans, h.negative_counts, h.negative_buckets) +
                             ",positive:" +
                             side(h.positive_span_offsets, h.positive_span_lengths,
                                  h.positive_spans, h.positive_counts, h.positive_buckets) +
                             "}";
    Append(*info, set, {{text, kInfinity}});
  }

  void AddSummary(pillion_family family, pillion_labels labels, const pillion_summary& s) {
    const auto [info, set] = Accept(family, labels, false, PILLION_TYPE_SUMMARY);
    if (info == nullptr || !HasSize(s.size, sizeof s, "pillion_summary")) return;
    Lines lines;
    for (size_t i = 0; i < s.quantile_count; ++i) {
      if (std::isnan(s.quantiles[i]) || (i > 0 && s.quantiles[i] <= s.quantiles[i - 1])) {
        complain_(info->name + ": quantiles must ascend");
        return;
      }
      lines.push_back(Line(SeriesText(info->name, set, "quantile", s.quantiles[i]), s.values[i]));
    }
    lines.push_back(Line(SeriesText(info->name + "_sum", set), s.sum));
    lines.push_back(Line(SeriesText(info->name + "_count", set), s.count));
    Append(*info, set, std::move(lines));
  }

  void Exemplar(const pillion_exemplar& exemplar) {
    if (last_ == nullptr || !HasSize(exemplar.size, sizeof exemplar, "pillion_exemplar")) return;
    LabelList labels;
    size_t characters = 0;
    for (size_t i = 0; i < exemplar.label_count; ++i) {
      labels.emplace_back(ToView(exemplar.label_names[i]), ToView(exemplar.label_values[i]));
      if (!IsLabelName(labels.back().first)) {
        complain_("an exemplar's label name is invalid");
        return;
      }
      for (const std::string& text : {labels.back().first, labels.back().second}) {
        for (const char c : text) characters += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
      }
    }
    if (characters > kExemplarCharactersMax) {
      complain_("an exemplar's labels exceed 128 characters");
      return;
    }
    std::string text =
        " # " + (labels.empty() ? "{}" : LabelText(labels)) + " " + NumberText(exemplar.value);
    if (!std::isnan(exemplar.timestamp_seconds)) {
      text += " " + NumberText(exemplar.timestamp_seconds);
    }
    for (auto& [line, upper_bound] : last_->lines) {
      if (exemplar.value > upper_bound) continue;
      line += text;
      return;
    }
  }

  void Created(double unix_seconds) {
    if (last_ == nullptr) return;
    std::string name = families_[last_->family].name;
    if (const size_t at = name.rfind("_total"); at != std::string::npos && at + 6 == name.size()) {
      name.resize(at);
    }
    last_->lines.push_back(Line(SeriesText(name + "_created", last_->labels), unix_seconds));
  }

  // The canonical text of what was kept. Duplicates and families of two types are complained of.
  std::string Text() {
    struct Group {
      const FamilyInfo* info;
      std::set<LabelList> seen;
      std::string lines;
    };
    std::map<std::string, Group> groups;
    for (const Sample& sample : samples_) {
      const FamilyInfo& info = families_[sample.family];
      Group& group = groups.try_emplace(info.name, Group{&info, {}, {}}).first->second;
      LabelList key = sample.labels;
      std::sort(key.begin(), key.end());
      if (group.info->type != info.type) {
        complain_("`" + info.name + "` is declared twice with different types");
      } else if (!group.seen.insert(std::move(key)).second) {
        complain_(SeriesText(info.name, sample.labels) + " stands twice");
      } else {
        for (const auto& [line, _] : sample.lines) group.lines += line + "\n";
      }
    }
    std::string text;
    for (const auto& [name, group] : groups) {
      if (!group.info->help.empty()) {
        text += "# HELP " + name + " " + Escaped(group.info->help, false) + "\n";
      }
      text += "# TYPE " + name + " " + std::string(TypeText(group.info->type)) + "\n";
      text += group.lines;
    }
    return text;
  }

 private:
  static constexpr size_t kLabelsMax = 32;
  static constexpr size_t kLabelValueBytesMax = 4096;
  static constexpr size_t kExemplarCharactersMax = 128;
  static constexpr pillion_labels kBadLabels = 0xffffffffu;  // complained of when it was made
  static constexpr uint32_t kAlways = 0xffffffffu;           // the scope of the table's families
  static constexpr double kInfinity = std::numeric_limits<double>::infinity();

  struct FamilyInfo {
    std::string name;
    uint32_t type;
    std::string help;
    std::vector<std::string> label_names;
    bool open_labels;
    bool pattern;
    uint32_t scope;
  };
  struct LabelSet {
    uint32_t scope;
    LabelList labels;
  };
  using Lines = std::vector<std::pair<std::string, double>>;  // text, upper bound for exemplars
  struct Sample {
    size_t family = 0;
    LabelList labels;
    Lines lines;
  };

  static FamilyInfo ToFamily(const pillion_metric& metric, uint32_t scope) {
    FamilyInfo info{std::string(ToView(metric.name)),
                    metric.type,
                    std::string(ToView(metric.help)),
                    {},
                    (metric.flags & PILLION_METRIC_OPEN_LABELS) != 0,
                    (metric.flags & PILLION_METRIC_PATTERN) != 0,
                    scope};
    for (size_t i = 0; i < metric.label_count; ++i) {
      info.label_names.emplace_back(ToView(metric.labels[i]));
    }
    return info;
  }

  static std::pair<std::string, double> Line(std::string series, double value,
                                             double upper_bound = kInfinity) {
    return {std::move(series) + " " + NumberText(value), upper_bound};
  }

  // Hosts keep 4096 bytes of a label value, cut between characters.
  static std::string Cut(std::string_view value) {
    size_t end = std::min(value.size(), kLabelValueBytesMax);
    while (end < value.size() && end > 0 && (static_cast<unsigned char>(value[end]) & 0xC0) == 0x80)
      --end;
    return std::string(value.substr(0, end));
  }

  bool MaySend() const { return !scoped_ || inside(); }

  bool HasSize(size_t is, size_t must, const char* what) {
    if (is >= must) return true;
    complain_(std::string(what) + ".size is not set");
    return false;
  }

  const FamilyInfo* Find(pillion_family family) {
    if (family == PILLION_NO_FAMILY) return nullptr;  // complained of when it was refused
    if (family >= families_.size() || families_[family].pattern) {
      complain_("family " + std::to_string(family) + " is not in the table and not declared");
      return nullptr;
    }
    const FamilyInfo& info = families_[family];
    if (info.scope == kAlways || info.scope == scope_) return &info;
    complain_(info.name + " was declared in another collector");
    return nullptr;
  }

  pillion_labels Keep(LabelSet set) {
    if (!MaySend()) {
      complain_("labels were made outside a collector");
      return kBadLabels;
    }
    if (set.labels.empty()) return PILLION_NO_LABELS;
    label_sets_.push_back(std::move(set));
    return static_cast<pillion_labels>(label_sets_.size());
  }

  // `distribution`: PILLION_TYPE_HISTOGRAM (of either kind) or PILLION_TYPE_SUMMARY, if not a
  // single value.
  std::pair<const FamilyInfo*, LabelList> Accept(pillion_family family, pillion_labels labels,
                                                 bool single, uint32_t distribution) {
    last_ = nullptr;
    const auto refuse = [this](std::string why) {
      complain_(std::move(why));
      return std::pair<const FamilyInfo*, LabelList>{nullptr, {}};
    };
    const FamilyInfo* info = Find(family);
    if (info == nullptr || labels == kBadLabels) return {nullptr, {}};
    if (!MaySend()) return refuse(info->name + ": a sample outside a collector");
    if (HasSingleValue(info->type) != single ||
        (!single &&
         (info->type == PILLION_TYPE_SUMMARY) != (distribution == PILLION_TYPE_SUMMARY))) {
      return refuse(info->name + ": the sample is not of the family's type");
    }
    if (labels > label_sets_.size()) return refuse(info->name + ": no such label set");
    LabelList list;
    if (labels != PILLION_NO_LABELS) {
      const LabelSet& set = label_sets_[labels - 1];
      if (set.scope != scope_) return refuse(info->name + ": labels of another collector");
      list = set.labels;
    }
    bool fits = list.size() == info->label_names.size();
    for (size_t i = 0; fits && i < list.size(); ++i) fits = list[i].first == info->label_names[i];
    if (!fits && !info->open_labels) {
      return refuse(info->name + ": the label set has other names");
    }
    return {info, std::move(list)};
  }

  void Append(const FamilyInfo& info, LabelList labels, Lines lines) {
    samples_.push_back(
        {static_cast<size_t>(&info - families_.data()), std::move(labels), std::move(lines)});
    last_ = &samples_.back();
  }

  Complain complain_;
  bool scoped_ = false;  // there is a collector table
  size_t table_size_ = 0;
  std::vector<FamilyInfo> families_;
  std::vector<LabelSet> label_sets_;
  std::vector<Sample> samples_;
  Sample* last_ = nullptr;  // null: the last one was refused
  uint32_t scope_ = 0;      // 0: outside any collector
  uint32_t scopes_ = 0;
  size_t mark_ = 0;
};

}  // namespace pillion::testing::detail
