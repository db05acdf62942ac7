// PollSession: what a plugin's `pillion_poll*` points to while one poll runs.
//
// It belongs to the lane's thread. Everything that the plugin says during a poll ends up in its
// PollOutcome; nothing that the plugin does here can throw into it.
#pragma once

#include "config/config.hpp"
#include "filter/fragment_filter.hpp"
#include "model/fragment_builder.hpp"
#include "plugin/clock.hpp"

#include <pillion/plugin.h>
#include <pillion/result.hpp>

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pillion {

// One collector's run.
struct CollectorOutcome {
  uint32_t collector = 0;
  Reason reason = Reason::kOk;
  std::string message;  // empty when ok
  MonoTime duration{0};
  FragmentPtr fragment;  // null unless ok
};

// What a collector's last good run showed, and what was dropped of it.
struct RememberedRun {
  FragmentPtr fragment;
  Drops drops;
};

// How the target took the instance's secrets during a poll.
struct SecretEvents {
  uint32_t changes = 0;  // new values that worked
  uint32_t refused = 0;  // log-ins
  // False: the target has refused the present values. The poll may be well all the same, by a
  // session that is older than they are.
  bool accepted = true;
};

// One poll's result. Immutable once handed over.
struct PollOutcome {
  Reason reason = Reason::kOk;
  std::string message;
  MonoTime duration{0};
  MonoTime ended{0};      // monotonic
  double ended_unix = 0;  // wall clock
  std::vector<CollectorOutcome> collectors;
  Drops drops;
  std::vector<std::pair<std::string, std::string>> facts;
  SecretEvents secrets;

  bool ok() const { return reason == Reason::kOk; }
};

// Wakes a poll that waits. Interrupt() may be called from any thread.
class Interrupter {
 public:
  Interrupter();
  ~Interrupter();
  Interrupter(const Interrupter&) = delete;
  Interrupter& operator=(const Interrupter&) = delete;

  void Interrupt();
  void Clear();
  bool interrupted() const { return interrupted_.load(std::memory_order_acquire); }
  int fd() const { return fd_; }

 private:
  int fd_;
  std::atomic<bool> interrupted_{false};
};

}  // namespace pillion

// The C name of the ABI; a struct of the core, so that no cast is needed at the border.
struct pillion_poll {
  static constexpr size_t kMessageBytesMax = 1024;
  static constexpr size_t kFactsMax = 64;
  static constexpr size_t kRememberedBytesMax = size_t{1} << 20;  // of a collector's run
  static constexpr uint32_t kNoCollector = 0xffffffffu;
  // How much longer than its time-out a collector may wait: the target's own bound comes first.
  static constexpr std::chrono::milliseconds kCollectorGrace{100};

  pillion_poll(const pillion::Clock* clock_in, pillion::FragmentBuilder* builder_in,
               pillion::Interrupter* interrupter_in, const std::vector<bool>* due_in,
               bool implicit_collector_in, pillion::MonoTime deadline_in)
      : clock(clock_in),
        builder(builder_in),
        interrupter(interrupter_in),
        due(due_in),
        implicit_collector(implicit_collector_in),
        deadline(deadline_in) {}

  // The collector's own; 0: it has none.
  pillion::MonoTime CollectorTimeout(uint32_t collector) const;
  uint32_t Wait(int fd, uint32_t events, int64_t until, uint32_t* ready);
  uint32_t Resolve(std::string_view host, pillion_address* out, size_t capacity, size_t* count);
  void Begin(uint32_t collector);
  void End(pillion::Reason reason, std::string_view message);
  // The open collector is to show its last good run instead of samples. False: there is none.
  bool ShowLast();
  // Whether samples may be added now; counts and names it if not.
  bool InCollector();
  void AddFact(std::string_view name, std::string_view value);
  // Ends what the plugin left open. Call after poll has returned.
  void Finish(pillion::Reason reason);

  const pillion::Clock* clock;
  pillion::FragmentBuilder* builder;
  pillion::Interrupter* interrupter;
  const std::vector<bool>* due;
  // The plugin has no collector table: everything is in collector 0, which is always open.
  const bool implicit_collector;
  const pillion::MonoTime deadline;
  // Those of the configuration; null: none has a time-out of its own.
  const std::vector<pillion::CollectorConfig>* collectors = nullptr;
  // What of a collector's samples is shown; null: all.
  pillion::FragmentFilter* filter = nullptr;
  // The last good run of each collector that is remembered, complete and not too large; without
  // fragment before it; kept beyond the poll.
  std::map<uint32_t, pillion::RememberedRun>* remembered = nullptr;

  uint32_t open = kNoCollector;
  pillion::MonoTime opened{0};
  bool incomplete = false;  // something of the open collector was lost for want of memory
  pillion::PollOutcome outcome;

 private:
  pillion::MonoTime WaitsUntil() const;
  pillion::FragmentPtr TakeFragment();

  bool shows_last_ = false;  // of the open collector
};
