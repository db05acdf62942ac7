// A host in front of the host: an exporter that wants to change what some of its own parts see of
// a poll gives them this table, with what it wants changed put over it.
//
//   struct Mine : ForwardedPoll { ... };
//   pillion_host table = ForwardingTable();
//   table.add = [](pillion_poll* poll, ...) { ... static_cast<Mine&>(Forwarded(poll)) ... };
//   PollContext part(&table, mine.AsPoll());
//
// Only functions that take a pillion_poll* are there; those of an instance are null.
#pragma once

#include <pillion/plugin.h>

namespace pillion {

struct ForwardedPoll {
  const pillion_host* host;
  pillion_poll* poll;

  pillion_poll* AsPoll() { return reinterpret_cast<pillion_poll*>(this); }
};

inline ForwardedPoll& Forwarded(pillion_poll* poll) {
  return *reinterpret_cast<ForwardedPoll*>(poll);
}

namespace detail {

// The same function of the real host.
template <auto Member>
struct Forward;
template <typename R, typename... Args, R (*pillion_host::*Member)(pillion_poll*, Args...)>
struct Forward<Member> {
  static R Call(pillion_poll* poll, Args... args) {
    const ForwardedPoll& to = Forwarded(poll);
    return (to.host->*Member)(to.poll, args...);
  }
};

}  // namespace detail

inline pillion_host ForwardingTable() {
  using H = pillion_host;
  pillion_host table{};
  table.size = sizeof table;
  table.abi_version = PILLION_ABI_VERSION;
  table.deadline = detail::Forward<&H::deadline>::Call;
  table.clock = detail::Forward<&H::clock>::Call;
  table.unix_seconds = detail::Forward<&H::unix_seconds>::Call;
  table.wait = detail::Forward<&H::wait>::Call;
  table.resolve = detail::Forward<&H::resolve>::Call;
  table.due = detail::Forward<&H::due>::Call;
  table.collector_timeout = detail::Forward<&H::collector_timeout>::Call;
  table.collector_begin = detail::Forward<&H::collector_begin>::Call;
  table.collector_end = detail::Forward<&H::collector_end>::Call;
  table.declare = detail::Forward<&H::declare>::Call;
  table.labels = detail::Forward<&H::labels>::Call;
  table.labels_named = detail::Forward<&H::labels_named>::Call;
  table.add = detail::Forward<&H::add>::Call;
  table.add_histogram = detail::Forward<&H::add_histogram>::Call;
  table.add_native_histogram = detail::Forward<&H::add_native_histogram>::Call;
  table.add_summary = detail::Forward<&H::add_summary>::Call;
  table.exemplar = detail::Forward<&H::exemplar>::Call;
  table.created = detail::Forward<&H::created>::Call;
  table.fact = detail::Forward<&H::fact>::Call;
  return table;
}

}  // namespace pillion
