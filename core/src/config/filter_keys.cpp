#include "config/filter_keys.hpp"

#include "config/suggest.hpp"
#include "model/name.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <iterator>
#include <optional>
#include <utility>

namespace pillion {
namespace {

// Why RE2 can't use it, or nothing.
std::string WrongPattern(const std::string& pattern) {
  if (pattern.empty()) return "must not be empty; \".*\" is all families";
  if (pattern.size() > kFilterPatternBytesMax) {
    return fmt::format("longer than {} bytes", kFilterPatternBytesMax);
  }
  const re2::RE2 compiled(pattern, re2::RE2::Quiet);
  if (compiled.ok()) return {};
  return "not a regular expression of RE2: " + compiled.error();
}

// What the rename would give if each group held an x.
std::string WrongRename(const std::string& families, const std::string& rename) {
  const re2::RE2 pattern(families, re2::RE2::Quiet);
  if (!pattern.ok()) return {};  // is told at `families`
  std::string why;
  if (!pattern.CheckRewriteString(rename, &why)) {
    return "does not fit `families`: " + why;
  }
  std::string sample;
  for (size_t i = 0; i < rename.size(); ++i) {
    const bool group = rename[i] == '\\' && i + 1 < rename.size();
    sample += group ? 'x' : rename[i];
    i += group ? 1 : 0;
  }
  if (IsMetricName(sample)) return {};
  return "gives no metric name: it must be UTF-8 without NUL and not empty";
}

std::optional<std::vector<std::string>> ReadPatterns(const Value& value, Loading& loading) {
  const auto items = loading.reader.Items(value);
  if (!items) return std::nullopt;
  if (items->size() > kFilterRulesMax) {
    loading.reader.Error(value, fmt::format("has more than {} patterns", kFilterRulesMax));
    return std::nullopt;
  }
  std::vector<std::string> patterns;
  for (const Value& item : *items) {
    auto text = loading.reader.String(item);
    if (!text) continue;
    const std::string wrong = WrongPattern(*text);
    if (!wrong.empty()) loading.reader.Error(item, wrong);
    patterns.push_back(std::move(*text));
  }
  return patterns;
}

void ReadDroppedLabels(const Value& value, Loading& loading, FamilyRule& rule) {
  const auto items = loading.reader.Items(value);
  if (!items) return;
  for (const Value& item : *items) {
    auto name = loading.reader.String(item);
    if (!name) continue;
    if (*name == "le" || *name == "quantile") {
      loading.reader.Error(item, "is a part of histograms and summaries and can't be dropped");
    } else {
      rule.drop_labels.push_back(std::move(*name));
    }
  }
}

void ReadAddedLabels(const Value& value, Loading& loading, FamilyRule& rule) {
  const auto* entries = loading.reader.Table(value);
  if (entries == nullptr) return;
  for (const TomlEntry& entry : *entries) {
    const Value label{&entry.value, value.source, JoinKey(value.path, entry.key)};
    if (!IsLabelName(entry.key) || entry.key == "le" || entry.key == "quantile") {
      loading.problems.Error({value.source, entry.position}, label.path,
                             "not a label name that can be added: it is le, quantile or empty, "
                             "starts with __ or is not UTF-8 without NUL");
    }
    auto text = loading.reader.String(label);
    if (!text) continue;
    if (text->size() > kLabelValueBytesMax) {
      loading.reader.Error(label, fmt::format("longer than {} bytes", kLabelValueBytesMax));
    } else {
      rule.add_labels.emplace_back(entry.key, std::move(*text));
    }
  }
}

std::optional<FamilyRule> ReadRule(const Value& table, Loading& loading) {
  static constexpr std::string_view kKeys[] = {"families", "rename", "drop_labels", "add_labels"};
  const auto* entries = loading.reader.Table(table);
  if (entries == nullptr) return std::nullopt;
  FamilyRule rule;
  std::optional<Value> rename;
  const size_t errors_before = loading.problems.errors();
  for (const TomlEntry& entry : *entries) {
    const Value value{&entry.value, table.source, JoinKey(table.path, entry.key)};
    if (entry.key == "families") {
      if (auto text = loading.reader.String(value)) rule.families = std::move(*text);
      const std::string wrong = WrongPattern(rule.families);
      if (!wrong.empty()) loading.reader.Error(value, wrong);
    } else if (entry.key == "rename") {
      if (auto text = loading.reader.String(value)) rule.rename = std::move(*text);
      rename = value;
    } else if (entry.key == "drop_labels") {
      ReadDroppedLabels(value, loading, rule);
    } else if (entry.key == "add_labels") {
      ReadAddedLabels(value, loading, rule);
    } else {
      loading.problems.Error({value.source, entry.position}, value.path,
                             "unknown key" + SuggestOrList(entry.key, kKeys));
    }
  }
  if (rename) {
    const std::string wrong = WrongRename(rule.families, rule.rename);
    if (!wrong.empty()) loading.reader.Error(*rename, wrong);
  } else if (rule.drop_labels.empty() && rule.add_labels.empty() &&
             loading.problems.errors() == errors_before) {
    loading.reader.Error(table, "changes nothing; give rename, drop_labels or add_labels");
  }
  return rule;
}

void ReadRules(const Value& value, Loading& loading, FilterConfig& filter) {
  if (value.node->kind != TomlNode::Kind::kArray) {
    return loading.reader.Error(
        value, fmt::format("must be a list of tables such as [[{}]], not {}", value.path,
                           Describe(value.node->kind)));
  }
  if (value.node->items.size() > kFilterRulesMax) {
    return loading.reader.Error(value, fmt::format("has more than {} rules", kFilterRulesMax));
  }
  for (size_t i = 0; i < value.node->items.size(); ++i) {
    const Value table{&value.node->items[i], value.source, fmt::format("{}[{}]", value.path, i)};
    if (auto rule = ReadRule(table, loading)) filter.rules.push_back(std::move(*rule));
  }
}

}  // namespace

bool ReadFilter(std::string_view key, const Value& value, Loading& loading, FilterConfig& filter) {
  if (key == "keep" || key == "drop") {
    if (auto patterns = ReadPatterns(value, loading)) {
      (key == "keep" ? filter.keep : filter.drop) = std::move(*patterns);
    }
    return true;
  }
  if (key == "rules") {
    ReadRules(value, loading, filter);
    return true;
  }
  return false;
}

bool ReadLimit(std::string_view key, const Value& value, Loading& loading, LimitConfig& limits) {
  struct Limit {
    std::string_view key;
    uint64_t LimitConfig::*field;
    int64_t minimum, maximum;
    bool size;
  };
  static constexpr Limit kLimits[] = {
      {"series_max", &LimitConfig::series_max, 1, 10'000'000, false},
      {"family_series_max", &LimitConfig::family_series_max, 1, 10'000'000, false},
      {"label_value_bytes_max", &LimitConfig::label_value_bytes_max, 16, 1 << 20, true},
  };
  for (const Limit& limit : kLimits) {
    if (key != limit.key) continue;
    const auto number = limit.size ? loading.reader.Size(value) : loading.reader.Integer(value);
    if (!number) return true;
    if (*number < limit.minimum || *number > limit.maximum) {
      loading.reader.Error(value, fmt::format("must be {} to {}", limit.minimum, limit.maximum));
    } else {
      limits.*limit.field = static_cast<uint64_t>(*number);
    }
    return true;
  }
  return false;
}

}  // namespace pillion
