// Admission: which requests are answered: those with a user's password, at the rate that the
// operator lets through.
//
// Checking a password against its hash takes 60 ms of CPU and more, so it is done once for each
// pair of a user and a password: what was found is remembered, as a keyed digest, and what is not
// remembered waits for the guard's thread. Who guesses gets a share of one CPU and no more: after
// each wrong password the thread rests three times as long as it took. Who is not a user costs as
// much as who is.
//
// Guesses must not keep out who knows a password that was not checked yet. So addresses take turns,
// and each has few places to wait in: from five addresses and fewer nobody can fill all. Behind a
// mesh all come from one address; there it counts that a scraper comes again with what it was
// turned away with, and a guesser with something new: who comes again goes first, and has places
// that are for nobody else.
//
// Threads: Admit the plane's; CheckNext the guard's own; the rest any.
#pragma once

#include "http/page_guard.hpp"
#include "web/web_settings.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pillion::web {

inline constexpr size_t kPasswordsWaitingMax = 32;
inline constexpr size_t kPasswordsWaitingPerClientMax = 4;  // of one address
// Beyond those, for pairs that were turned away before.
inline constexpr size_t kPasswordsAgainMax = 8;
inline constexpr size_t kPasswordsAgainPerClientMax = 2;
inline constexpr size_t kTurnedAwayMax = 8192;         // pairs that are known again, 4 bytes each
inline constexpr size_t kVerdictsRememberedMax = 256;  // of each kind
inline constexpr size_t kAuthorizationBytesMax = 4096;
inline constexpr int kRestAfterRefusal = 3;  // times what the check took: a quarter of one CPU

struct Credentials {
  std::string user;
  std::string password;
};

// Of an Authorization header; nothing if it is not a valid Basic one. Pure.
std::optional<Credentials> ParseBasic(std::string_view authorization);

class Admission {
 public:
  using Clock = std::chrono::steady_clock;
  using Done = std::function<void(Verdict)>;
  struct Outside {
    std::function<bool(const std::string& password, const std::string& hash)> verify;
    std::function<Clock::time_point()> now;
    std::function<void()> wake;  // there is something for CheckNext; called without a lock
  };

  explicit Admission(Outside outside);

  // Forgets what was remembered of passwords if the users are others.
  void Set(const std::vector<UserSettings>& users, const RateLimit& rate);
  bool HasUsers() const;

  // As PageGuard::Admit.
  Verdict Admit(std::string_view authorization, std::string_view client, Done done);

  // When CheckNext may be called: nothing waits, or not before that.
  std::optional<Clock::time_point> NextCheck() const;
  // Checks a password of the address whose turn it is, and tells.
  void CheckNext();

 private:
  using Digest = std::array<unsigned char, 32>;
  struct Waiting {
    Credentials credentials;
    Digest digest;
    Done done;
    bool again;  // was turned away before
  };
  struct Client {
    std::string address;
    std::deque<Waiting> waiting;  // never empty; those that came again are first
  };
  // The newest verdicts of one kind.
  class Memory {
   public:
    bool Has(const Digest& digest) const { return known_.count(digest) > 0; }
    void Add(const Digest& digest);
    void Clear();

   private:
    std::map<Digest, std::list<Digest>::iterator> known_;
    std::list<Digest> order_;  // oldest first
  };

  Digest DigestOf(std::string_view user, std::string_view password) const;
  bool TakeToken();
  // Remembers by few bits: a stranger is mistaken for one that came again once in 2^32.
  uint32_t& TurnedAway(const Digest& digest);
  // Whether there was a place.
  bool Enqueue(std::string_view client, Waiting& waiting);
  Waiting TakeNext();
  std::optional<Verdict> Remembered(const Digest& digest) const;
  // That to check a password of `user` against, whether there is one or not.
  std::string HashFor(const Digest& user, bool& known) const;

  const Outside outside_;
  Digest key_;  // of this process alone

  mutable std::mutex mutex_;             // everything below
  bool open_ = true;                     // there are no users
  std::map<Digest, std::string> users_;  // those with a hash, and it
  std::set<Digest> plain_;               // pairs of a user and a password
  Digest fingerprint_{};                 // of all users
  RateLimit rate_;
  double tokens_ = 0;
  Clock::time_point refilled_;
  Memory admitted_, refused_;
  std::list<Client> clients_;  // whose turn is next is first
  size_t waiting_ = 0;         // of all clients
  std::vector<uint32_t> turned_away_ = std::vector<uint32_t>(kTurnedAwayMax);
  Clock::time_point rest_until_;
  uint64_t generation_ = 0;  // of the users
};

}  // namespace pillion::web
