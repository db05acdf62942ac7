// ExporterType: a plugin's descriptor, checked and made comfortable.
//
// Threads: immutable. Ownership: shared; the descriptor itself lives as long as the process.
#pragma once

#include "model/family.hpp"

#include <pillion/plugin.h>
#include <pillion/result.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pillion {

struct CollectorInfo {
  std::string name;
  std::string help;
  bool default_on = true;
  uint64_t default_every = 0;  // ns
};

class ExporterType {
 public:
  static constexpr size_t kCollectorsMax = 256;

  // Refuses a descriptor of another ABI version, and one whose tables cannot be used. `origin`
  // is a path, or "linked in": it opens every message.
  static Result<std::shared_ptr<const ExporterType>> FromDescriptor(const pillion_plugin* plugin,
                                                                    std::string_view origin);

  const std::string& name() const { return name_; }
  const std::string& version() const { return version_; }
  const std::string& summary() const { return summary_; }
  const std::string& origin() const { return origin_; }
  const pillion_plugin& plugin() const { return *plugin_; }
  // Never empty: a plugin without a collector table has one, called "default".
  const std::vector<CollectorInfo>& collectors() const { return collectors_; }
  bool has_collector_table() const { return plugin_->collector_count > 0; }
  const FamilyTable& families() const { return families_; }

 private:
  ExporterType() = default;

  const pillion_plugin* plugin_ = nullptr;
  std::string name_, version_, summary_, origin_;
  std::vector<CollectorInfo> collectors_;
  FamilyTable families_;
};
using ExporterTypePtr = std::shared_ptr<const ExporterType>;

}  // namespace pillion
