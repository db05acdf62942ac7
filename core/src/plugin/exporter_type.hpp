// ExporterType: a plugin's descriptor, checked and made comfortable.
//
// Threads: immutable. Ownership: shared; the descriptor itself lives as long as the process.
#pragma once

#include "model/family.hpp"

#include <pillion/plugin.h>
#include <pillion/result.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pillion {

struct CollectorInfo {
  std::string name;
  std::string help;
  bool default_on = true;
  uint64_t default_every = 0;    // ns
  uint64_t default_timeout = 0;  // ns; 0: the instance's
  bool remembered = false;       // its last good run is kept
};
CollectorInfo ToCollector(const pillion_collector& collector);

class ExporterType {
 public:
  static constexpr size_t kCollectorsMax = 256;

  // Refuses a descriptor of another ABI version, and one whose tables cannot be used. `origin`
  // is a path, or "linked in": it opens every message.
  static Result<std::shared_ptr<const ExporterType>> FromDescriptor(const pillion_plugin* plugin,
                                                                    std::string_view origin);

  // The type as one instance has it: with the collectors that its object declares behind those of
  // the table.
  std::shared_ptr<const ExporterType> WithCollectors(std::vector<CollectorInfo> declared) const;

  const std::string& name() const { return name_; }
  const std::string& version() const { return version_; }
  const std::string& summary() const { return summary_; }
  const std::string& origin() const { return origin_; }
  const pillion_plugin& plugin() const { return *plugin_; }
  // Never empty: a plugin without a collector table has one, called "default".
  const std::vector<CollectorInfo>& collectors() const { return collectors_; }
  // How many of them are the table's.
  size_t table_collectors() const { return table_collectors_; }
  // Whether it can look at its target beyond polling it.
  bool has_check() const {
    return plugin_->size >= offsetof(pillion_plugin, check) + sizeof(void*) &&
           plugin_->check != nullptr;
  }
  bool has_collector_table() const { return plugin_->collector_count > 0; }
  const FamilyTable& families() const { return families_; }

 private:
  ExporterType() = default;
  ExporterType(const ExporterType&) = default;

  const pillion_plugin* plugin_ = nullptr;
  std::string name_, version_, summary_, origin_;
  std::vector<CollectorInfo> collectors_;
  size_t table_collectors_ = 0;
  FamilyTable families_;
};
using ExporterTypePtr = std::shared_ptr<const ExporterType>;

}  // namespace pillion
