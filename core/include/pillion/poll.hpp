// PollContext: what one run of Poll may ask of the host: time, waiting, names, what is due.
//
// Threads: only inside Poll, on its thread. Not to be kept.
//
// Wait only through Wait(): it returns when the descriptor is ready, when the deadline has passed
// or when the host interrupts the poll. A plugin that does so needs no timers and no Interrupt().
//
//   while (!done) {
//     if (auto ready = ctx.Wait(fd, PILLION_READABLE); !ready) return ready.error();
//     ...read without blocking...
//   }
#pragma once

#include <pillion/result.hpp>
#include <pillion/tables.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace pillion {

// A point on the host's monotonic clock.
using MonoTime = std::chrono::nanoseconds;

class PollContext {
 public:
  PollContext(const pillion_host* host, pillion_poll* poll) : host_(host), poll_(poll) {}

  // When Poll must have returned.
  MonoTime Deadline() const { return MonoTime(host_->deadline(poll_)); }
  MonoTime Now() const { return MonoTime(host_->clock(poll_)); }
  double UnixSeconds() const { return host_->unix_seconds(poll_); }
  std::chrono::nanoseconds Left() const { return Deadline() - Now(); }

  // Whether the collector (its index in the table) is to run in this poll.
  bool Due(uint32_t collector) const { return host_->due(poll_, collector) != 0; }

  // The collector's own time-out, if the configuration gives it one; else 0. The host ends Wait()
  // inside of the collector soon after it; where the target can bound the work itself, tell it.
  std::chrono::nanoseconds CollectorTimeout(uint32_t collector) const {
    return std::chrono::nanoseconds(host_->collector_timeout(poll_, collector));
  }

  // Waits until the descriptor is ready; returns the PILLION_READABLE/WRITABLE bits that are.
  // Fails with kTimeout at the deadline, at an interruption, and at `until` if that is earlier.
  Result<uint32_t> Wait(int fd, uint32_t events, MonoTime until = MonoTime(0)) const {
    uint32_t ready = 0;
    switch (host_->wait(poll_, fd, events, until.count(), &ready)) {
      case PILLION_WAIT_READY: return ready;
      case PILLION_WAIT_DEADLINE: return Error{Reason::kTimeout, "no answer by the deadline"};
      case PILLION_WAIT_INTERRUPTED: return Error{Reason::kTimeout, "poll was interrupted"};
      default: return Error{Reason::kInternal, "waiting on the descriptor failed"};
    }
  }

  // Numeric addresses of a host name, at most eight; bounded by the deadline.
  Result<std::vector<std::string>> Resolve(std::string_view host) const {
    pillion_address found[8];
    for (auto& address : found) address.size = sizeof address;
    size_t count = 0;
    const uint32_t reason = host_->resolve(poll_, ToStr(host), found, 8, &count);
    if (reason != PILLION_REASON_OK) {
      return Error{static_cast<Reason>(reason), "cannot resolve `" + std::string(host) + "`"};
    }
    std::vector<std::string> addresses;
    for (size_t i = 0; i < count && i < 8; ++i) addresses.emplace_back(found[i].text);
    return addresses;
  }

  // A fact for the status page, such as the target's version.
  void Fact(std::string_view name, std::string_view value) const {
    host_->fact(poll_, ToStr(name), ToStr(value));
  }

  const pillion_host* host() const { return host_; }
  pillion_poll* poll() const { return poll_; }

 private:
  const pillion_host* host_;
  pillion_poll* poll_;
};

}  // namespace pillion
