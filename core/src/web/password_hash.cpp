#include "web/password_hash.hpp"

#include <crypt.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace pillion::web {
namespace {

constexpr size_t kHashBytes = 60;   // $2y$ + cost + $ + 22 of salt + 31 of hash
constexpr size_t kPrefixBytes = 4;  // $2y$
constexpr size_t kCostEnd = 7;      // behind $2y$10$
constexpr size_t kPasswordBytes = 72;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsBase64(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '/';
}

}  // namespace

std::string WrongHash(std::string_view hash) {
  const bool prefixed =
      hash.starts_with("$2a$") || hash.starts_with("$2b$") || hash.starts_with("$2y$");
  if (!prefixed || hash.size() != kHashBytes || !IsDigit(hash[4]) || !IsDigit(hash[5]) ||
      hash[6] != '$' || !std::all_of(hash.begin() + kCostEnd, hash.end(), IsBase64)) {
    return "must be a password's bcrypt hash of 60 characters, such as `htpasswd -nBC 10 \"\"` "
           "prints";
  }
  const int cost = BcryptCost(hash);
  if (cost < kBcryptCostMin || cost > kBcryptCostMax) {
    return "must have a cost of " + std::to_string(kBcryptCostMin) + " to " +
           std::to_string(kBcryptCostMax) + ": the one that it has would take too much CPU";
  }
  return {};
}

int BcryptCost(std::string_view hash) { return (hash[4] - '0') * 10 + (hash[5] - '0'); }

bool VerifyPassword(const std::string& password, const std::string& hash) {
  // It would end there for the library.
  std::string phrase = password.substr(0, std::min(password.find('\0'), kPasswordBytes));
  // All three prefixes mean one algorithm; that of 2a has a counter-measure in this library,
  // against a bug that those who wrote these hashes never had.
  std::string setting = hash;
  setting.replace(0, kPrefixBytes, "$2b$");
  const auto data = std::make_unique<crypt_data>();
  // Not crypt_r: AddressSanitizer replaces that one, and finds nothing behind it in a process whose
  // library of passwords came later than itself, as this module's does.
  const char* made =
      crypt_rn(phrase.c_str(), setting.c_str(), data.get(), static_cast<int>(sizeof(*data)));
  const bool same = made != nullptr && std::strlen(made) == setting.size() &&
                    CRYPTO_memcmp(made, setting.data(), setting.size()) == 0;
  OPENSSL_cleanse(data.get(), sizeof(*data));
  OPENSSL_cleanse(phrase.data(), phrase.size());
  return same && password.find('\0') == password.npos;
}

}  // namespace pillion::web
