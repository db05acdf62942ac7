// SecretDigest: what is remembered of a secret, so that its value need not be: whether two are
// equal, and nothing else.
//
// A digest is keyed with random bytes of this process: those of two processes cannot be compared,
// and none is of use outside. Threads: any.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace pillion {

struct SecretDigest {
  uint64_t value = 0;
  bool is_set = false;  // an option without a value has a digest too
  friend auto operator<=>(const SecretDigest&, const SecretDigest&) = default;
};

// By option: what one log-in was tried with.
using SecretDigests = std::map<std::string, SecretDigest, std::less<>>;

SecretDigest DigestOf(std::string_view secret);

}  // namespace pillion
