// HELP and names of the INFO fields, put together at compile time. For tables.cpp alone.
#pragma once

#include "info_fields.hpp"

#include <array>
#include <cstddef>
#include <string_view>

namespace pillion::redis {

constexpr std::string_view SourceOf(const InfoFieldDesc& desc) {
  if (desc.collector == kModules) return " (INFO MODULES ";
  if (desc.collector == kTile38) return " (SERVER EXT ";
  const bool of_info = desc.collector == kInfo || desc.field == "cluster_enabled" ||
                       desc.field == "cluster_connections";
  return of_info ? " (INFO " : " (CLUSTER INFO ";
}

inline constexpr std::string_view kPrefix = "redis_";
inline constexpr std::string_view kEnd = ").";

inline constexpr size_t kTextBytes = [] {
  size_t bytes = 0;
  for (const InfoFieldDesc& desc : kInfoFields) {
    bytes += kPrefix.size() + desc.metric.size() + desc.text.size() + SourceOf(desc).size() +
             desc.field.size() + kEnd.size();
  }
  return bytes;
}();

inline constexpr std::array<char, kTextBytes> kText = [] {
  std::array<char, kTextBytes> text{};
  size_t at = 0;
  for (const InfoFieldDesc& desc : kInfoFields) {
    for (const std::string_view part :
         {kPrefix, desc.metric, desc.text, SourceOf(desc), desc.field, kEnd}) {
      for (const char c : part) text[at++] = c;
    }
  }
  return text;
}();

}  // namespace pillion::redis
