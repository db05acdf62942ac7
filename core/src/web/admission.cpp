#include "web/admission.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace pillion::web {
namespace {

constexpr std::string_view kScheme = "basic ";

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Strict: nothing but the alphabet, padded to a multiple of four.
std::optional<std::string> DecodeBase64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  bytes.resize(static_cast<size_t>(size) - padding);
  return bytes;
}

// Four bytes of it.
uint32_t Bits(const std::array<unsigned char, 32>& digest, size_t from) {
  uint32_t bits = 0;
  std::memcpy(&bits, digest.data() + from, sizeof(bits));
  return bits;
}

void Wipe(std::string& secret) { OPENSSL_cleanse(secret.data(), secret.size()); }

}  // namespace

std::optional<Credentials> ParseBasic(std::string_view authorization) {
  if (authorization.size() > kAuthorizationBytesMax || authorization.size() <= kScheme.size() ||
      !std::equal(kScheme.begin(), kScheme.end(), authorization.begin(),
                  [](char a, char b) { return a == Lower(b); })) {
    return std::nullopt;
  }
  authorization.remove_prefix(kScheme.size());
  while (authorization.starts_with(' ')) authorization.remove_prefix(1);
  while (authorization.ends_with(' ')) authorization.remove_suffix(1);
  auto pair = DecodeBase64(authorization);
  if (!pair) return std::nullopt;
  const size_t colon = pair->find(':');
  if (colon == pair->npos) return std::nullopt;
  Credentials credentials{pair->substr(0, colon), pair->substr(colon + 1)};
  Wipe(*pair);
  return credentials;
}

void Admission::Memory::Add(const Digest& digest) {
  if (Has(digest)) return;
  if (order_.size() == kVerdictsRememberedMax) {
    known_.erase(order_.front());
    order_.pop_front();
  }
  known_.emplace(digest, order_.insert(order_.end(), digest));
}

void Admission::Memory::Clear() {
  known_.clear();
  order_.clear();
}

Admission::Admission(Outside outside) : outside_(std::move(outside)) {
  if (RAND_bytes(key_.data(), static_cast<int>(key_.size())) != 1) throw std::bad_alloc();
}

Admission::Digest Admission::DigestOf(std::string_view user, std::string_view password) const {
  // No user has a zero byte in its name.
  std::string text(user);
  text += '\0';
  text += password;
  Digest digest{};
  unsigned int size = 0;
  if (HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(),
           &size) == nullptr) {
    throw std::bad_alloc();
  }
  Wipe(text);
  return digest;
}

void Admission::Set(const std::vector<UserSettings>& users, const RateLimit& rate) {
  std::string all;
  std::map<Digest, std::string> hashed;
  std::set<Digest> plain;
  for (const UserSettings& user : users) {
    for (const std::string* part : {&user.name, &user.hash, &user.password}) {
      all.append(std::to_string(part->size())).append(":").append(*part);
    }
    if (user.hash.empty()) {
      plain.insert(DigestOf(user.name, user.password));
    } else {
      hashed.emplace(DigestOf(user.name, {}), user.hash);
    }
  }
  const Digest fingerprint = DigestOf({}, all);
  Wipe(all);
  const std::lock_guard lock(mutex_);
  if (rate.interval != rate_.interval || rate.burst != rate_.burst) {
    rate_ = rate;
    tokens_ = static_cast<double>(rate.burst);
    refilled_ = outside_.now();
  }
  if (fingerprint == fingerprint_) return;
  fingerprint_ = fingerprint;
  open_ = users.empty();
  users_ = std::move(hashed);
  plain_ = std::move(plain);
  admitted_.Clear();
  refused_.Clear();
  ++generation_;
}

bool Admission::HasUsers() const {
  const std::lock_guard lock(mutex_);
  return !open_;
}

bool Admission::TakeToken() {
  if (rate_.interval.count() == 0) return true;
  const Clock::time_point now = outside_.now();
  const double passed = std::chrono::duration<double>(now - refilled_).count();
  const double every = std::chrono::duration<double>(rate_.interval).count();
  tokens_ = std::min(tokens_ + passed / every, static_cast<double>(rate_.burst));
  refilled_ = now;
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
}

std::optional<Verdict> Admission::Remembered(const Digest& digest) const {
  if (open_ || plain_.count(digest) > 0 || admitted_.Has(digest)) return Verdict::kAdmitted;
  if (users_.empty() || refused_.Has(digest)) return Verdict::kRefused;
  return std::nullopt;
}

uint32_t& Admission::TurnedAway(const Digest& digest) {
  return turned_away_[Bits(digest, sizeof(uint32_t)) % turned_away_.size()];
}

bool Admission::Enqueue(std::string_view client, Waiting& waiting) {
  auto own = std::find_if(clients_.begin(), clients_.end(),
                          [&](const Client& other) { return other.address == client; });
  const size_t of_own = own == clients_.end() ? 0 : own->waiting.size();
  const size_t more = waiting.again ? kPasswordsAgainMax : 0;
  const size_t more_of_own = waiting.again ? kPasswordsAgainPerClientMax : 0;
  if (waiting_ >= kPasswordsWaitingMax + more ||
      of_own >= kPasswordsWaitingPerClientMax + more_of_own) {
    return false;
  }
  if (own == clients_.end()) {
    Client newcomer{std::string(client), {}};
    newcomer.waiting.push_back(std::move(waiting));
    clients_.push_back(std::move(newcomer));
  } else {
    const auto before = waiting.again
                            ? std::find_if(own->waiting.begin(), own->waiting.end(),
                                           [](const Waiting& other) { return !other.again; })
                            : own->waiting.end();
    own->waiting.insert(before, std::move(waiting));
  }
  ++waiting_;
  return true;
}

Admission::Waiting Admission::TakeNext() {
  Client& client = clients_.front();
  Waiting next = std::move(client.waiting.front());
  client.waiting.pop_front();
  --waiting_;
  if (client.waiting.empty()) {
    clients_.pop_front();
  } else {
    clients_.splice(clients_.end(), clients_, clients_.begin());
  }
  return next;
}

Verdict Admission::Admit(std::string_view authorization, std::string_view client, Done done) {
  {
    const std::lock_guard lock(mutex_);
    if (!TakeToken()) return Verdict::kTooMany;
    if (open_) return Verdict::kAdmitted;
    auto credentials = ParseBasic(authorization);
    if (!credentials) return Verdict::kRefused;
    const Digest digest = DigestOf(credentials->user, credentials->password);
    if (const auto known = Remembered(digest)) return *known;
    const bool again = TurnedAway(digest) == Bits(digest, 0);
    Waiting waiting{std::move(*credentials), digest, std::move(done), again};
    if (!Enqueue(client, waiting)) {
      TurnedAway(digest) = Bits(digest, 0);
      Wipe(waiting.credentials.password);
      return Verdict::kBusy;
    }
  }
  outside_.wake();
  return Verdict::kLater;
}

std::optional<Admission::Clock::time_point> Admission::NextCheck() const {
  const std::lock_guard lock(mutex_);
  if (waiting_ == 0) return std::nullopt;
  return rest_until_;
}

std::string Admission::HashFor(const Digest& user, bool& known) const {
  const auto found = users_.find(user);
  known = found != users_.end();
  if (known) return found->second;
  // The hash of some user, always the same one for this name: the time that it takes says nothing.
  auto other = users_.lower_bound(user);
  return other == users_.end() ? users_.begin()->second : other->second;
}

void Admission::CheckNext() {
  Waiting next{};
  std::optional<Verdict> verdict;
  std::string hash;
  bool known = false;
  uint64_t generation = 0;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_ == 0) return;
    next = TakeNext();
    generation = generation_;
    // Others may have asked the same meanwhile.
    verdict = Remembered(next.digest);
    if (!verdict) hash = HashFor(DigestOf(next.credentials.user, {}), known);
  }
  if (!verdict) {
    const Clock::time_point began = outside_.now();
    const bool fits = outside_.verify(next.credentials.password, hash) && known;
    const Clock::time_point ended = outside_.now();
    verdict = fits ? Verdict::kAdmitted : Verdict::kRefused;
    const std::lock_guard lock(mutex_);
    // Of users that are not those of now, nothing is remembered, and nobody is let in.
    if (generation != generation_) {
      verdict = Verdict::kBusy;
    } else {
      (fits ? admitted_ : refused_).Add(next.digest);
    }
    if (!fits) rest_until_ = ended + (ended - began) * kRestAfterRefusal;
  }
  Wipe(next.credentials.password);
  next.done(*verdict);
}

}  // namespace pillion::web
