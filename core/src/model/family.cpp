#include "model/family.hpp"

#include "model/name.hpp"

#include <algorithm>
#include <unordered_set>

namespace pillion {
namespace {

bool IsPattern(const pillion_metric& metric) { return metric.flags & PILLION_METRIC_PATTERN; }

std::string CheckName(const pillion_metric& metric) {
  std::string name(ToView(metric.name));
  if (IsPattern(metric)) {
    if (std::count(name.begin(), name.end(), '*') != 1) {
      return "pattern `" + name + "` must hold exactly one `*`";
    }
    name.replace(name.find('*'), 1, "x");
  }
  if (!IsMetricName(name)) return "`" + name + "` is not a metric name";
  return {};
}

}  // namespace

namespace {

// FNV-1a over the names; 32 bits are plenty to tell a plugin's label sets apart.
constexpr uint32_t kSchemaOfNone = 2166136261u;

uint32_t MixName(uint32_t hash, std::string_view name) {
  const auto mix = [&](unsigned char c) { hash = (hash ^ c) * 16777619u; };
  for (const char c : name) mix(static_cast<unsigned char>(c));
  mix(0);
  return hash;
}

}  // namespace

uint32_t SchemaOf(const std::vector<std::string>& names) {
  uint32_t hash = kSchemaOfNone;
  for (const std::string& name : names) hash = MixName(hash, name);
  return hash;
}

uint32_t SchemaOf(const pillion_str* names, size_t count) {
  uint32_t hash = kSchemaOfNone;
  for (size_t i = 0; i < count; ++i) hash = MixName(hash, ToView(names[i]));
  return hash;
}

bool HasSingleValue(MetricType type) {
  return type != MetricType::kHistogram && type != MetricType::kGaugeHistogram &&
         type != MetricType::kSummary;
}

bool MatchesPattern(std::string_view name, std::string_view pattern) {
  const size_t star = pattern.find('*');
  if (star == std::string_view::npos) return name == pattern;
  const std::string_view head = pattern.substr(0, star), tail = pattern.substr(star + 1);
  return name.size() > head.size() + tail.size() && name.substr(0, head.size()) == head &&
         name.substr(name.size() - tail.size()) == tail;
}

std::string CheckMetric(const pillion_metric& metric) {
  if (std::string problem = CheckName(metric); !problem.empty()) return problem;
  const std::string name(ToView(metric.name));
  if (metric.type < PILLION_TYPE_COUNTER || metric.type > PILLION_TYPE_STATESET) {
    return "`" + name + "` has the unknown type " + std::to_string(metric.type);
  }
  const auto type = static_cast<MetricType>(metric.type);
  if ((metric.flags & PILLION_METRIC_OVERFLOW) && type > MetricType::kUnknown) {
    return "`" + name + "`: the overflow of its type can't be summed";
  }
  std::unordered_set<std::string_view> seen;
  for (size_t i = 0; i < metric.label_count; ++i) {
    const std::string_view label = ToView(metric.labels[i]);
    const bool reserved =
        (label == "le" && !HasSingleValue(type)) || (label == "quantile" && !HasSingleValue(type));
    if (!IsLabelName(label) || reserved) {
      return "`" + name + "`: `" + std::string(label) + "` cannot be a label of it";
    }
    if (!seen.insert(label).second) {
      return "`" + name + "`: label `" + std::string(label) + "` stands twice";
    }
  }
  return {};
}

void SpellLabels(FamilyDesc& desc) {
  desc.schema = SchemaOf(desc.label_names);
  desc.spelled_labels.clear();
  const bool legacy = std::all_of(desc.label_names.begin(), desc.label_names.end(),
                                  [](const std::string& name) { return IsLegacyLabelName(name); });
  if (legacy) return;
  for (const std::string& name : desc.label_names) {
    AppendLabelName(desc.spelled_labels.emplace_back(), name);
  }
}

FamilyDesc ToFamily(const pillion_metric& metric) {
  FamilyDesc desc;
  desc.name = ToView(metric.name);
  desc.type = static_cast<MetricType>(metric.type);
  desc.help = ToView(metric.help);
  desc.unit = ToView(metric.unit);
  for (size_t i = 0; i < metric.label_count; ++i) {
    desc.label_names.emplace_back(ToView(metric.labels[i]));
  }
  desc.open_labels = metric.flags & PILLION_METRIC_OPEN_LABELS;
  desc.sums_overflow = metric.flags & PILLION_METRIC_OVERFLOW;
  SpellLabels(desc);
  desc.collector = metric.collector;
  return desc;
}

FamilyTable FamilyTable::FromC(const pillion_metric* metrics, size_t count, size_t collector_count,
                               std::vector<std::string>* problems) {
  FamilyTable table;
  std::vector<FamilyDesc> rows(count);
  std::vector<bool> present(count);
  std::unordered_set<std::string> names;
  const char* at = reinterpret_cast<const char*>(metrics);
  for (size_t i = 0; i < count; ++i, at += metrics->size) {
    const auto& metric = *reinterpret_cast<const pillion_metric*>(at);
    std::string problem = CheckMetric(metric);
    const std::string_view name = ToView(metric.name);
    if (problem.empty() && !IsPattern(metric) && name.find('*') != std::string_view::npos) {
      problem = "`" + std::string(name) + "` is no pattern without PILLION_METRIC_PATTERN";
    }
    if (problem.empty() && metric.collector >= std::max<size_t>(collector_count, 1)) {
      problem = "`" + std::string(name) + "` names a collector that is not there";
    }
    if (problem.empty() && !names.emplace(name).second) {
      problem = "`" + std::string(name) + "` stands twice in the metric table";
    }
    if (!problem.empty()) {
      if (problems != nullptr) problems->push_back(std::move(problem));
    } else if (IsPattern(metric)) {
      table.patterns_.push_back(ToFamily(metric));
    } else {
      rows[i] = ToFamily(metric);
      present[i] = true;
    }
  }
  table.Fill(std::move(rows), present);
  std::vector<uint32_t> by_name;
  for (uint32_t i = 0; i < table.families_.size(); ++i) {
    if (table.families_[i] != nullptr) by_name.push_back(i);
  }
  std::sort(by_name.begin(), by_name.end(), [&](uint32_t a, uint32_t b) {
    return table.families_[a]->name < table.families_[b]->name;
  });
  table.ranks_.resize(table.families_.size());
  for (uint32_t rank = 0; rank < by_name.size(); ++rank) table.ranks_[by_name[rank]] = rank;
  return table;
}

FamilyTable FamilyTable::FromRows(std::span<const FamilyRow> rows) {
  std::vector<std::vector<pillion_str>> labels;  // what the metrics point to
  std::vector<pillion_metric> metrics;
  labels.reserve(rows.size());
  for (const FamilyRow& row : rows) {
    std::vector<pillion_str>& names = labels.emplace_back();
    for (const std::string_view name : row.labels) names.push_back(ToStr(name));
    pillion_metric metric{};
    metric.size = sizeof metric;
    metric.name = ToStr(row.name);
    metric.help = ToStr(row.help);
    metric.type = static_cast<uint32_t>(row.type);
    metric.labels = names.data();
    metric.label_count = names.size();
    metrics.push_back(metric);
  }
  return FromC(metrics.data(), metrics.size(), 1, nullptr);
}

void FamilyTable::Fill(std::vector<FamilyDesc> rows, const std::vector<bool>& present) {
  const auto all = std::make_shared<const std::vector<FamilyDesc>>(std::move(rows));
  families_.assign(all->size(), nullptr);
  traits_.assign(all->size(), FamilyTraits());
  for (size_t i = 0; i < all->size(); ++i) {
    if (!present[i]) continue;
    families_[i] = FamilyPtr(all, &(*all)[i]);
    traits_[i] = FamilyTraits((*all)[i]);
  }
}

FamilyTable FamilyTable::WithHelpSuffix(const std::vector<std::string>& by_collector) const {
  FamilyTable copy = *this;
  for (FamilyPtr& family : copy.families_) {
    if (family == nullptr || family->collector >= by_collector.size()) continue;
    if (by_collector[family->collector].empty()) continue;
    FamilyDesc desc = *family;
    desc.help += by_collector[family->collector];
    family = std::make_shared<const FamilyDesc>(std::move(desc));
  }
  return copy;
}

}  // namespace pillion
