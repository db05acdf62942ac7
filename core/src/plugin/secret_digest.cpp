#include "plugin/secret_digest.hpp"

#include <sys/random.h>

#include <array>
#include <bit>
#include <cstddef>
#include <random>

namespace pillion {
namespace {

using Key = std::array<uint64_t, 2>;

Key RandomKey() {
  Key key{};
  if (::getrandom(key.data(), sizeof key, 0) == static_cast<ssize_t>(sizeof key)) return key;
  std::random_device device;
  for (uint64_t& word : key) word = uint64_t{device()} << 32 | device();
  return key;
}

// SipHash-2-4: keyed, and short.
class Sip {
 public:
  explicit Sip(const Key& key)
      : a_(key[0] ^ 0x736f6d6570736575),
        b_(key[1] ^ 0x646f72616e646f6d),
        c_(key[0] ^ 0x6c7967656e657261),
        d_(key[1] ^ 0x7465646279746573) {}

  void Take(uint64_t word) {
    d_ ^= word;
    Rounds(2);
    a_ ^= word;
  }
  uint64_t End() {
    c_ ^= 0xff;
    Rounds(4);
    return a_ ^ b_ ^ c_ ^ d_;
  }

 private:
  void Rounds(int count) {
    for (; count > 0; --count) {
      a_ += b_;
      c_ += d_;
      b_ = std::rotl(b_, 13) ^ a_;
      d_ = std::rotl(d_, 16) ^ c_;
      a_ = std::rotl(a_, 32);
      c_ += b_;
      a_ += d_;
      b_ = std::rotl(b_, 17) ^ c_;
      d_ = std::rotl(d_, 21) ^ a_;
      c_ = std::rotl(c_, 32);
    }
  }

  uint64_t a_, b_, c_, d_;
};

uint64_t LittleEndian(std::string_view bytes) {
  uint64_t word = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    word |= uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  }
  return word;
}

}  // namespace

SecretDigest DigestOf(std::string_view secret) {
  static const Key key = RandomKey();
  Sip sip(key);
  const uint64_t size = secret.size();
  while (secret.size() >= 8) {
    sip.Take(LittleEndian(secret.substr(0, 8)));
    secret.remove_prefix(8);
  }
  sip.Take(LittleEndian(secret) | size << 56);
  return {sip.End(), true};
}

}  // namespace pillion
