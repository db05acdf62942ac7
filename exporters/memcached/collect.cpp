#include "collect.hpp"

#include "answers.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

namespace pillion::memcached {
namespace {

// cmd_set counts the commands of cas as well, of which the server has numbers of their own.
class Sets {
 public:
  void Take(std::string_view field, double value) {
    if (field == "cmd_set") set_ = value;
    if (field == "cas_hits" || field == "cas_misses" || field == "cas_badval") cas_ += value;
  }
  // What is no cas. The numbers are not of one moment: never below 0.
  std::optional<double> Value() const {
    return set_ ? std::optional(std::max(0.0, *set_ - cas_)) : std::nullopt;
  }

 private:
  std::optional<double> set_;
  double cas_ = 0;
};

class Collecting {
 public:
  Collecting(CollectorId collector, bool include_unknown, Sink& sink)
      : collector_(collector), include_unknown_(include_unknown), sink_(sink) {}

  void Take(const Stat& stat) {
    if (stat.slab != slab_) BeginSlab(stat.slab);
    if (collector_ == kStats && stat.field == "version") {
      sink_.Add(Family(kVersion), {stat.value}, 1);
      return;
    }
    const auto value = ToValue(stat.value);
    if (!value) return;
    const Place* place = FindPlace(collector_, stat.field);
    if (place == nullptr) {
      AddUnknown(stat, *value);
      return;
    }
    sets_.Take(stat.field, *value);
    if (stat.field != "cmd_set") Add(*place, *value);
  }

  void End() {
    EndSlab();
    const std::string_view name = CollectorTable()[collector_].name;
    sink_.Add(Family(kUnknown), {name}, static_cast<double>(unknown_.size()));
  }

 private:
  void BeginSlab(std::string_view slab) {
    EndSlab();
    slab_ = slab;
    labels_ = Labels();
    sets_ = Sets();
  }

  void EndSlab() {
    const auto value = sets_.Value();
    if (value) Add(*FindPlace(collector_, "cmd_set"), *value);
  }

  void Add(const Place& place, double value) {
    const Metric& metric = MetricTable()[place.family];
    if (place.first.empty()) {
      // A field of a class that names none, or the other way about: not what it seems to be.
      if (metric.labels.empty() != slab_.empty()) return;
      sink_.Add(place.family, SlabLabels(place.family), value);
      return;
    }
    std::array<std::string_view, 3> labels;
    size_t count = 0;
    if (metric.labels.starts_with("slab")) {
      if (slab_.empty()) return;
      labels[count++] = slab_;
    }
    labels[count++] = place.first;
    if (!place.second.empty()) labels[count++] = place.second;
    const std::span<const std::string_view> values(labels.data(), count);
    sink_.Add(place.family, sink_.MakeLabels(place.family, values), value);
  }

  Labels SlabLabels(Family family) {
    if (slab_.empty()) return {};
    if (labels_.handle == PILLION_NO_LABELS) labels_ = sink_.MakeLabels(family, {slab_});
    return labels_;
  }

  void AddUnknown(const Stat& stat, double value) {
    if (unknown_.size() < kUnknownMax) unknown_.emplace(stat.field);
    if (!include_unknown_ || exported_ == kUnknownMax) return;
    ++exported_;
    std::string name = "memcached_";
    name.append(CollectorTable()[collector_].name).append("_").append(stat.field);
    for (char& c : name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
      const bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
      if (!fits) c = '_';
    }
    Metric metric = MetricTable()[kAny];
    metric.name = name;
    metric.flags = 0;
    if (!slab_.empty()) metric.labels = "slab";
    const Family family = sink_.Declare(metric);
    if (family.valid()) sink_.Add(family, SlabLabels(family), value);
  }

  const CollectorId collector_;
  const bool include_unknown_;
  Sink& sink_;
  std::string_view slab_;
  Labels labels_;  // of slab_ alone
  Sets sets_;
  std::set<std::string_view, std::less<>> unknown_;  // names, once for all classes
  size_t exported_ = 0;
};

}  // namespace

void Collect(CollectorId collector, std::string_view stats, bool include_unknown, Sink& sink) {
  Collecting collecting(collector, include_unknown, sink);
  for (StatCursor at(stats); auto stat = at.Next();) collecting.Take(*stat);
  collecting.End();
}

}  // namespace pillion::memcached
