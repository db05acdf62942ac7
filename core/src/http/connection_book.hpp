// ConnectionBook: who is connected, what each is doing and since when. Pure bookkeeping, without
// sockets and clocks: it answers who is overdue and who goes when room is needed.
//
// Each phase is a list in order of `since`. All entries of a phase have the same time-out, so the
// front of each list is both the next one to expire and the first to be closed at the cap, and
// every operation is O(1) (O(expired) for Expired).
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <vector>

namespace pillion {

// In the order in which connections are closed when room is needed.
enum class Phase : uint8_t {
  kLingering,    // the answer is out, what the client still sends is thrown away before the close
  kHandshaking,  // TLS, since it was accepted
  kIdle,         // waiting for the first byte of a request
  kReading,      // since the first byte of the header
  kWriting,      // since the client last took a byte
  kWaiting,      // for the handler
};
inline constexpr size_t kPhases = 6;

class ConnectionBook {
 public:
  using Clock = std::chrono::steady_clock;

  struct Entry {
    uint64_t id = 0;  // of the connection; the book never looks at it
    Phase phase = Phase::kIdle;
    Clock::time_point since;
    std::list<Entry*>::iterator place;
  };

  // How long an entry may stay in a phase; zero: as long as it takes.
  using Limits = std::array<Clock::duration, kPhases>;

  explicit ConnectionBook(Limits limits) : limits_(limits) {}

  // The entry is the caller's and must be removed before it dies.
  void Add(Entry* entry, Clock::time_point now);
  void Remove(Entry* entry);
  // Also for the phase it is in already: then its time starts anew.
  void Enter(Entry* entry, Phase phase, Clock::time_point now);

  size_t size() const { return size_; }
  size_t Count(Phase phase) const { return lists_[static_cast<size_t>(phase)].size(); }
  // Who has been in it for longest; null if nobody is.
  Entry* First(Phase phase) const;
  // Who has been in each phase for longer than its limit. Does not remove them.
  std::vector<Entry*> Expired(Clock::time_point now) const;
  // When the next one will have been in its phase for as long as it may; far away if nobody.
  Clock::time_point NextExpiry() const;
  Clock::duration Limit(Phase phase) const { return limits_[static_cast<size_t>(phase)]; }
  // Who is closed first; `last` is the last phase that may be touched. Null if there is none.
  Entry* Victim(Phase last) const;
  std::vector<Entry*> In(Phase phase) const;

 private:
  std::list<Entry*>& of(Phase phase) { return lists_[static_cast<size_t>(phase)]; }

  Limits limits_;
  std::array<std::list<Entry*>, kPhases> lists_;
  size_t size_ = 0;
};

}  // namespace pillion
