// The canonical text of <pillion/testing/poll_report.hpp>, out of the real host's fragments.
#pragma once

#include "model/fragment.hpp"
#include "plugin/poll_session.hpp"

#include <pillion/testing/canonical_text.hpp>

#include <limits>
#include <map>
#include <string>
#include <string_view>

namespace pillion::test {

class FragmentText {
 public:
  void Add(const Fragment& fragment) {
    for (uint32_t f = 0; f < fragment.families.size(); ++f) {
      const FamilyRange& range = fragment.families[f];
      std::string& lines = Group(*range.family);
      for (uint32_t i = range.first; i < range.first + range.count; ++i) {
        family_ = range.family.get();
        if (HasSingleValue(range.family->type)) {
          block_ = fragment.blocks[fragment.labels[i]];
          lines_ = {{Line("", fragment.values[i]), kInfinity}};
        } else {
          AddDistribution(fragment, fragment.distributions[i]);
        }
        AddNotes(fragment, f, i);
        for (const auto& [line, bound] : lines_) lines += line + "\n";
      }
    }
  }

  std::string Take() const {
    std::string text;
    for (const auto& [name, group] : groups_) text += group;
    return text;
  }

 private:
  static constexpr double kInfinity = std::numeric_limits<double>::infinity();

  std::string& Group(const FamilyDesc& family) {
    std::string& group = groups_[family.name];
    if (!group.empty()) return group;
    if (!family.help.empty()) {
      group = "# HELP " + family.name + " " + testing::detail::Escaped(family.help, false) + "\n";
    }
    const auto type = testing::detail::TypeText(static_cast<uint32_t>(family.type));
    return group += "# TYPE " + family.name + " " + std::string(type) + "\n";
  }

  std::string Series(std::string_view suffix, const std::string& more = "") const {
    std::string labels(block_);
    if (!more.empty()) labels += (labels.empty() ? "" : ",") + more;
    const std::string name = family_->name + std::string(suffix);
    if (testing::detail::IsLegacyName(name))
      return name + (labels.empty() ? "" : "{" + labels + "}");
    return "{\"" + testing::detail::Escaped(name, true) + "\"" +
           (labels.empty() ? "" : "," + labels) + "}";
  }
  std::string Line(std::string_view suffix, double value, const std::string& more = "") const {
    return Series(suffix, more) + " " + testing::detail::NumberText(value);
  }
  static std::string Label(std::string_view name, double value) {
    return std::string(name) + "=\"" + testing::detail::NumberText(value) + "\"";
  }

  void AddDistribution(const Fragment& fragment, const Distribution& d) {
    block_ = fragment.blocks[d.labels];
    lines_.clear();
    if (d.native != Distribution::kNotNative) return AddNative(d, fragment.natives[d.native]);
    const bool gauge = family_->type == MetricType::kGaugeHistogram;
    const bool summary = family_->type == MetricType::kSummary;
    for (uint32_t i = 0; i < d.size; ++i) {
      const double key = fragment.numbers[d.first + i];
      const double number = fragment.numbers[d.first + d.size + i];
      if (summary) {
        lines_.emplace_back(Line("", number, Label("quantile", key)), -kInfinity);
      } else {
        lines_.emplace_back(Line("_bucket", number, Label("le", key)), key);
      }
    }
    if (!summary) lines_.emplace_back(Line("_bucket", d.count, Label("le", kInfinity)), kInfinity);
    if (summary || d.sum == d.sum)
      lines_.emplace_back(Line(gauge ? "_gsum" : "_sum", d.sum), -kInfinity);
    lines_.emplace_back(Line(gauge ? "_gcount" : "_count", d.count), -kInfinity);
  }

  void AddNative(const Distribution& d, const NativeHistogram& native) {
    using testing::detail::NumberText;
    const auto side = [](const auto& spans, const auto& counts) {
      std::string text;
      for (const auto& span : spans) {
        text += (text.empty() ? "" : ",") + std::to_string(span.offset) + ":" +
                std::to_string(span.length);
      }
      for (size_t i = 0; i < counts.size(); ++i)
        text += (i == 0 ? " " : ",") + NumberText(counts[i]);
      return "[" + text + "]";
    };
    lines_.emplace_back(
        Series("") + " {count:" + NumberText(d.count) + ",sum:" + NumberText(d.sum) + ",schema:" +
            std::to_string(native.schema) + ",zero_threshold:" + NumberText(native.zero_threshold) +
            ",zero_count:" + NumberText(native.zero_count) +
            ",negative:" + side(native.negative_spans, native.negative_counts) +
            ",positive:" + side(native.positive_spans, native.positive_counts) + "}",
        kInfinity);
  }

  void AddNotes(const Fragment& fragment, uint32_t family, uint32_t point) {
    using testing::detail::NumberText;
    for (const SampleNote& note : fragment.notes) {
      if (note.family != family || note.point != point) continue;
      for (const Exemplar& exemplar : note.exemplars) {
        for (auto& [line, bound] : lines_) {
          if (exemplar.value > bound) continue;
          line += " # {" + exemplar.labels + "} " + NumberText(exemplar.value);
          if (exemplar.timestamp_seconds == exemplar.timestamp_seconds) {
            line += " " + NumberText(exemplar.timestamp_seconds);
          }
          break;
        }
      }
      if (note.created_seconds != note.created_seconds) continue;
      std::string name = family_->name;
      if (name.ends_with("_total")) name.resize(name.size() - 6);
      FamilyDesc named = *family_;
      named.name = name;
      family_ = &named;
      lines_.emplace_back(Line("_created", note.created_seconds), -kInfinity);
    }
  }

  std::map<std::string, std::string> groups_;
  const FamilyDesc* family_ = nullptr;  // of the sample at hand, with its labels and lines
  std::string_view block_;
  std::vector<std::pair<std::string, double>> lines_;  // and the upper bound for exemplars
};

inline std::string CanonicalText(const PollOutcome& outcome) {
  FragmentText text;
  for (const CollectorOutcome& run : outcome.collectors) {
    if (run.fragment != nullptr) text.Add(*run.fragment);
  }
  return text.Take();
}

}  // namespace pillion::test
