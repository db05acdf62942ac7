#include "info_fields.hpp"

#include <algorithm>
#include <array>
#include <numeric>

namespace pillion::redis {
namespace {

constexpr auto kByField = [] {
  std::array<uint16_t, kInfoFieldCount> order{};
  std::iota(order.begin(), order.end(), uint16_t{0});
  std::sort(order.begin(), order.end(),
            [](uint16_t a, uint16_t b) { return kInfoFields[a].field < kInfoFields[b].field; });
  return order;
}();
static_assert(std::adjacent_find(kByField.begin(), kByField.end(),
                                 [](uint16_t a, uint16_t b) {
                                   return kInfoFields[a].field == kInfoFields[b].field;
                                 }) == kByField.end(),
              "a field stands twice in kInfoFields");

}  // namespace

size_t FindInfoField(std::string_view field) {
  const auto found =
      std::lower_bound(kByField.begin(), kByField.end(), field,
                       [](uint16_t i, std::string_view f) { return kInfoFields[i].field < f; });
  if (found == kByField.end() || kInfoFields[*found].field != field) return kInfoFieldCount;
  return *found;
}

}  // namespace pillion::redis
