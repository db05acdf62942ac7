// What the memcached exporter offers: options, collectors, metrics. Names, types and labels of
// families are those of the peer exporter.
#pragma once

#include <pillion/tables.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace pillion::memcached {

// Each is a command, in this order.
enum CollectorId : uint32_t { kStats, kSettings, kSlabs, kItems, kCollectorCount };

// Families that are not one field alone.
enum FamilyId : uint32_t {
  kVersion,
  kCommands,
  kSlabCommands,
  kLruHits,
  kMemRequested,
  kUnknown,
  kAny
};

std::span<const Option> OptionTable();
std::span<const Collector> CollectorTable();
std::span<const Metric> MetricTable();

// Where the number of a field goes.
struct Place {
  CollectorId collector;
  std::string_view field;
  uint32_t family;
  std::string_view first = {};   // value of the label behind `slab`: command or lru
  std::string_view second = {};  // of the one behind it: status
};

// Null: the field has no family.
const Place* FindPlace(CollectorId collector, std::string_view field);

}  // namespace pillion::memcached
