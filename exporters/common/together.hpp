// RunTogether: conversations with several servers at the same time, on the poll's one thread.
//
// Each task is written as if it were alone and waits in the PollContext that it is given; while it
// waits, the others go on. A task has a stack of its own (a fiber); nothing runs in parallel, so
// tasks may share what they like between two waits. All tasks end before RunTogether does: at the
// deadline and at an interruption their waits fail, as in any poll.
//
// What a task must not do: wait inside a catch block, or give its PollContext to another.
#pragma once

#include <pillion/poll.hpp>

#include <cstddef>
#include <functional>
#include <span>

namespace pillion {

inline constexpr size_t kFiberStackBytes = size_t{256} << 10;  // reserved; what is used counts

using Task = std::function<void(const PollContext&)>;

// Throws std::system_error if there is no memory or descriptor for it; then no task has run.
void RunTogether(const PollContext& ctx, std::span<const Task> tasks);

}  // namespace pillion
