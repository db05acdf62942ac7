// What the pgbouncer exporter offers: options, collectors, metrics. Names, types and labels of
// families are those of the peer exporter.
#pragma once

#include <pillion/tables.hpp>

#include <cstdint>
#include <span>
#include <string_view>

namespace pillion::pgbouncer {

enum CollectorId : uint32_t {
  kVersion,
  kDatabases,
  kPools,
  kStats,
  kLists,
  kConfig,
  kClients,
  kUsers,
  kCollectorCount
};

std::span<const Option> OptionTable();
std::span<const Collector> CollectorTable();
std::span<const Metric> MetricTable();

// One column of a SHOW command and the family that it is. Or, where a command lists names and
// values, one of its names.
struct Column {
  std::string_view name;
  std::string_view older_name;  // in versions before, or empty
  std::string_view suffix;      // of the family, behind that of the command
  MetricType type;
  double factor;
  std::string_view help;
};

// A command whose rows or names are families.
struct Show {
  std::string_view command;
  std::span<const Column> columns;
  uint32_t first = 0;  // family of the first column, in the metric table
};

// For kDatabases, kPools, kStats, kLists, kConfig and kUsers.
const Show& ShowOf(CollectorId collector);
// Families with the names that kStats had before the peer's 0.11, in the same order.
uint32_t FirstOldStats();

uint32_t VersionFamily();
uint32_t ClientsFamily();

}  // namespace pillion::pgbouncer
