#include "login_pause.hpp"

#include <random>

namespace pillion::redis {

uint64_t HashOfSecret(std::string_view secret, uint64_t before) {
  static const uint64_t seed = uint64_t{std::random_device{}()} << 32 | std::random_device{}();
  uint64_t hash = before == 0 ? seed : before;
  for (const char c : secret) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash;
}

}  // namespace pillion::redis
