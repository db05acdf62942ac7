// Names that families had in older versions of the peer exporter, as data. A profile adds them
// beside the present names.
#pragma once

#include <pillion/tables.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pillion::postgres {

enum Profile : uint32_t {
  kProfile09 = 1u << 0,
  kProfile011 = 1u << 1,
  kProfile015 = 1u << 2,
  kProfile019 = 1u << 3,
};

// The values of the option `compat`, comma separated, in the order of the bits above.
inline constexpr std::string_view kProfileNames = "0.9,0.11,0.15,0.19";

// One family under another name.
struct Alias {
  uint32_t profiles;
  // The family of the metric table that gives the values. Equal to `name`: this stands in its
  // place.
  std::string_view source;
  std::string_view name;
  MetricType type;
  std::string_view labels;  // comma separated, without `server`; columns of the query
  double scale = 1;         // value of the alias for a value of 1 of the source
  bool null_is_nan = false;
};

std::span<const Alias> Aliases();

// What an instance's profiles ask for.
class Compat {
 public:
  Compat() = default;
  // Unknown names are ignored: the host has checked them.
  explicit Compat(const std::vector<std::string_view>& names);

  // Whether every family has the label `server`.
  bool server_label() const { return server_label_; }
  // Its value: host:port of the server. Changes with the session only.
  std::string server;
  // The active aliases of a family.
  std::vector<const Alias*> Of(std::string_view family) const;

 private:
  uint32_t profiles_ = 0;
  bool server_label_ = false;
};

}  // namespace pillion::postgres
