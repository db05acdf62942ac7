#include "setting.hpp"

#include <array>
#include <span>

#include "value.hpp"

namespace pillion::postgres {
namespace {

struct Unit {
  std::string_view name;
  std::string_view suffix;  // of the family
  double factor;            // to the base unit
  double divisor = 1;       // so that 200 ms are 0.2 s and not 0.2000...01
};

constexpr double kKiB = 1024;

constexpr Unit kUnits[] = {
    {"us", "_seconds", 1, 1e6},
    {"ms", "_seconds", 1, 1e3},
    {"s", "_seconds", 1},
    {"min", "_seconds", 60},
    {"h", "_seconds", 3600},
    {"d", "_seconds", 86400},
    {"B", "_bytes", 1},
    {"kB", "_bytes", kKiB},
    {"MB", "_bytes", kKiB* kKiB},
    {"GB", "_bytes", kKiB* kKiB* kKiB},
    {"TB", "_bytes", kKiB* kKiB* kKiB* kKiB},
};

// "8kB" is a count of 8 kB blocks: an optional number before the name of a unit.
std::optional<Unit> FindUnit(std::string_view text) {
  std::string_view name;
  const auto count = ParseNumber(text, &name);
  if (!count) name = text;
  for (Unit unit : kUnits) {
    if (unit.name != name) continue;
    unit.factor *= count.value_or(1);
    return unit;
  }
  return std::nullopt;
}

// By byte: whether a name may hold it.
constexpr auto kFitsName = [] {
  std::array<bool, 256> fits{};
  for (const char c : std::string_view("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789_")) {
    fits[static_cast<unsigned char>(c)] = true;
  }
  return fits;
}();

std::string FamilyName(std::string_view name, std::string_view suffix) {
  constexpr std::string_view kPrefix = "pg_settings_";
  std::string family;
  family.reserve(kPrefix.size() + name.size() + suffix.size());
  family.append(kPrefix).append(name);
  // In place: there are hundreds of names a poll, and as a rule nothing is to be changed.
  for (char& c : std::span(family).subspan(kPrefix.size())) {
    if (!kFitsName[static_cast<unsigned char>(c)]) c = '_';
  }
  family.append(suffix);
  return family;
}

}  // namespace

std::optional<Setting> ConvertSetting(std::string_view name, std::string_view unit,
                                      std::string_view value) {
  std::string_view own_unit;
  const auto number = ParseNumber(value, &own_unit);
  if (!number) return std::nullopt;
  if (unit.empty() && own_unit.empty()) return Setting{FamilyName(name, {}), *number};
  const auto found = FindUnit(own_unit.empty() ? unit : own_unit);
  if (!found) return std::nullopt;
  const double scaled = *number == -1 ? -1 : *number * found->factor / found->divisor;
  return Setting{FamilyName(name, found->suffix), scaled};
}

}  // namespace pillion::postgres
