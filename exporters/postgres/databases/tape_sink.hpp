// TapeSink: a Sink that keeps what is given to it in a DatabaseStore. For one poll.
#pragma once

#include <pillion/poll.hpp>
#include <pillion/sink.hpp>

#include "common/forwarding_host.hpp"
#include "store.hpp"

namespace pillion::postgres {

class TapeSink : private ForwardedPoll {
 public:
  // All of them must outlive it.
  TapeSink(const PollContext& ctx, DatabaseStore& store);
  TapeSink(const TapeSink&) = delete;
  TapeSink& operator=(const TapeSink&) = delete;

  // The database of what comes from now on.
  void SetPlace(Place& place) { place_ = &place; }
  // REQUIRES: SetPlace() before a collector begins.
  Sink& sink() { return sink_; }

 private:
  static pillion_host MakeTable();
  static TapeSink& Of(pillion_poll* poll) { return static_cast<TapeSink&>(Forwarded(poll)); }
  void Begin(uint32_t collector);
  void End(uint32_t reason, pillion_str message);

  const PollContext& ctx_;
  DatabaseStore& store_;
  const pillion_host table_;
  Place* place_ = nullptr;
  uint32_t collector_ = 0;
  Tape tape_;
  Sink sink_;
};

}  // namespace pillion::postgres
